#include <autopmr/ledger_cell.hpp>

#include "support/catch.hpp"

using autopmr::ledger_cell;

TEST_CASE("a zeroed cell has no credit, not even for nothing") {
    ledger_cell cell{};
    CHECK_FALSE(cell.spend(0));
    CHECK_FALSE(cell.spend(1));
    CHECK_FALSE(cell.unspend(0));
    CHECK(cell.total == 0);
    CHECK(cell.count == 0);
}

TEST_CASE("a charge and a retire end before their bounds") {
    ledger_cell cell{};
    cell.total_end = 101;
    cell.freed_end = 51;
    CHECK(cell.spend(100));
    CHECK_FALSE(cell.spend(1));
    CHECK(cell.total == 100);
    CHECK(cell.spend(0));
    CHECK(cell.count == 2);
    CHECK(cell.unspend(50));
    CHECK_FALSE(cell.unspend(1));
    CHECK(cell.freed == 51);
}

TEST_CASE("bounds hold where a counter wraps, as it does on 32 bits") {
    ledger_cell cell{};
    cell.total = SIZE_MAX - 10;
    cell.total_end = 90;
    CHECK(cell.spend(100));
    CHECK(cell.total == 89);
    CHECK_FALSE(cell.spend(1));
    cell.total_end = cell.total - ledger_cell::most;
    CHECK_FALSE(cell.spend(0));
    CHECK_FALSE(cell.spend(ledger_cell::most));
}

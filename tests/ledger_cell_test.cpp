#include <autopmr/ledger_cell.hpp>

#include "support/catch.hpp"

using autopmr::ledger_cell;

TEST_CASE("a zeroed cell has no credit, not even for nothing") {
    ledger_cell cell{};
    CHECK_FALSE(cell.spend(0));
    CHECK_FALSE(cell.spend(1));
    CHECK_FALSE(cell.unspend(0));
    CHECK(cell.used == 0);
}

TEST_CASE("a charge ends below the ceiling, a retire above the floor") {
    ledger_cell cell{};
    cell.ceiling = 101;
    cell.floor = -1;
    CHECK(cell.spend(100));
    CHECK_FALSE(cell.spend(1));
    CHECK(cell.used == 100);
    CHECK(cell.spend(0));
    CHECK(cell.unspend(100));
    CHECK_FALSE(cell.unspend(1));
    CHECK(cell.used == -1);
}

TEST_CASE("no size wraps past a bound") {
    ledger_cell cell{};
    cell.ceiling = PTRDIFF_MAX;
    cell.used = 1000;
    CHECK_FALSE(cell.spend(SIZE_MAX));
    CHECK_FALSE(cell.spend(SIZE_MAX / 2 + 1));
    CHECK_FALSE(cell.spend(ledger_cell::most + 1));
    cell.ceiling = PTRDIFF_MIN;
    CHECK_FALSE(cell.spend(0));
    CHECK_FALSE(cell.spend(SIZE_MAX));
}

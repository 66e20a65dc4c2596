#include <autopmr/ledger.hpp>

#include "src/ledger_books.hpp"
#include "support/catch.hpp"

#include <thread>
#include <type_traits>
#include <vector>

using autopmr::ledger;

static_assert(!std::is_copy_constructible_v<ledger> && !std::is_copy_assignable_v<ledger>);

TEST_CASE("a ledger counts") {
    ledger books;
    REQUIRE(books.charge(100) == nullptr);
    REQUIRE(books.charge(0) == nullptr);
    auto u = books.now();
    CHECK(u.live == 100);
    CHECK(u.count == 2);
    CHECK(u.total == 100);
    books.retire(100);
    books.retire(0);
    u = books.now();
    CHECK(u.live == 0);
    CHECK(u.peak >= 100);
    CHECK(u.peak - u.peak_error <= 100);
}

TEST_CASE("a new limit holds for what was lent before it, where no barrier reaches all threads") {
    autopmr::pretend_no_fence(true);
    ledger books;
    for (int i = 0; i != 100; ++i) {  // until this thread has much credit
        REQUIRE(books.charge(40000) == nullptr);
        books.retire(40000);
    }
    books.set_limit(1000);
    CHECK(books.charge(20000) == &books);
    CHECK(books.charge(1001) == &books);
    CHECK(books.charge(1000) == nullptr);
    CHECK(books.charge(1) == &books);
    autopmr::pretend_no_fence(false);
}

TEST_CASE("a limit is exact") {
    ledger books(1000);
    CHECK(books.charge(1001) == &books);
    REQUIRE(books.charge(1000) == nullptr);
    CHECK(books.charge(1) == &books);
    CHECK(books.charge(0) == nullptr);
    books.retire(1000);
    CHECK(books.charge(1000) == nullptr);
    CHECK(books.now().failures == 2);
}

TEST_CASE("what was ever allocated below stays counted when that is gone") {
    ledger top;
    {
        ledger below(500, &top);
        REQUIRE(below.charge(100) == nullptr);
        CHECK(below.charge(1000) == &below);
        below.retire(100);
    }
    const auto u = top.now();
    CHECK(u.live == 0);
    CHECK(u.total == 100);
    CHECK(u.count == 1);
    CHECK(u.failures == 1);
}

TEST_CASE("a limit below what is live refuses all but charges of nothing") {
    ledger books(1000);
    REQUIRE(books.charge(800) == nullptr);
    books.set_limit(500);
    CHECK(books.charge(1) == &books);
    CHECK(books.charge(0) == nullptr);
}

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

TEST_CASE("a large charge that fails leaves the peak as it was, at every level") {
    constexpr std::size_t huge = std::size_t{1} << 50;
    ledger                top, below(ledger::no_limit, &top), bounded(2 * huge, &top);
    for (ledger* books : {&top, &below, &bounded}) {
        for (int i = 0; i != 3; ++i) {
            REQUIRE(books->charge(huge) == nullptr);
            books->cancel(huge);
        }
        const auto u = books->now();
        CHECK(u.peak <= ledger::batch);
        CHECK(u.live == 0);
        CHECK(u.total == 0);
        CHECK(u.count == 0);
    }
    CHECK(top.now().peak <= 3 * ledger::batch);
    CHECK(top.now().failures == 9);
    REQUIRE(bounded.charge(2 * huge) == nullptr);  // all of it is there again
    CHECK(bounded.charge(1) == &bounded);
    bounded.cancel(2 * huge);
    CHECK(bounded.charge(1) == nullptr);
}

TEST_CASE("what a failure adds to the peak is within its error, whatever its size") {
    for (std::size_t bytes = 1; bytes <= 4 * ledger::batch; bytes += 1021) {
        ledger books;
        for (int i = 0; i != 20; ++i) {
            REQUIRE(books.charge(bytes) == nullptr);
            books.cancel(bytes);
            const auto u = books.now();
            REQUIRE(u.peak - u.peak_error == 0);
        }
    }
}

TEST_CASE("a large block is in the peak once it is committed, and while others are under way") {
    ledger     top, below(ledger::no_limit, &top);
    const auto is_peak = [](const ledger& books, std::size_t bytes) {
        const auto u = books.now();
        return u.peak >= bytes && u.peak - u.peak_error <= bytes;
    };
    REQUIRE(below.charge(1 << 30) == nullptr);  // under way while another thread has a block
    std::thread([&] {
        REQUIRE(below.charge(5 << 20) == nullptr);
        below.commit(5 << 20);
        below.retire(5 << 20);
    }).join();
    below.cancel(1 << 30);
    CHECK(is_peak(below, 5 << 20));
    CHECK(is_peak(top, 5 << 20));
    REQUIRE(below.charge(6 << 20) == nullptr);
    below.commit(6 << 20);
    REQUIRE(below.charge(40000) == nullptr);
    below.commit(40000);
    below.retire(6 << 20);
    below.retire(40000);
    CHECK(is_peak(below, (6 << 20) + 40000));
    CHECK(is_peak(top, (6 << 20) + 40000));
    REQUIRE(below.charge(1 << 30) == nullptr);
    below.forget_peak();
    below.cancel(1 << 30);
    CHECK(is_peak(below, 0));
}

TEST_CASE("the peak above stays right when a ledger below goes with large blocks") {
    ledger top;
    {
        ledger below(ledger::no_limit, &top);
        REQUIRE(below.charge(3 << 20) == nullptr);
        below.commit(3 << 20);
        REQUIRE(below.charge(1 << 30) == nullptr);
        below.cancel(1 << 30);
    }
    CHECK(top.now().peak >= 3 << 20);
    top.forget_peak();
    REQUIRE(top.charge(2 << 20) == nullptr);
    top.commit(2 << 20);
    top.retire(2 << 20);
    const auto u = top.now();
    CHECK(u.peak >= 2 << 20);
    CHECK(u.peak - u.peak_error <= 2 << 20);
}

TEST_CASE("a limit below what is live refuses all but charges of nothing") {
    ledger books(1000);
    REQUIRE(books.charge(800) == nullptr);
    books.set_limit(500);
    CHECK(books.charge(1) == &books);
    CHECK(books.charge(0) == nullptr);
}

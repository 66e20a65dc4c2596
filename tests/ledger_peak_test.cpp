// The peak follows blocks, not what was only asked for.
#include <autopmr/ledger.hpp>

#include "support/catch.hpp"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <thread>
#include <vector>

using autopmr::ledger;

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

TEST_CASE("the peak is right amid charges that fail and blocks of any size") {
    struct tally {
        std::atomic<std::size_t> now{0}, most{0};
        void                     add(std::size_t bytes) {
                                const std::size_t after = now.fetch_add(bytes) + bytes;
                                std::size_t       seen = most;
                                while (after > seen && !most.compare_exchange_weak(seen, after)) {
            }
        }
    };
    for (std::size_t limit : {ledger::no_limit, std::size_t{1} << 40}) {
        ledger                   top(limit), below(ledger::no_limit, &top);
        tally                    sure, perhaps;  // what surely is there at once, and what may be
        std::vector<std::thread> crowd;
        for (unsigned t = 0; t != 4; ++t)
            crowd.emplace_back([&, t] {
                std::uint32_t            seed = t + 11;
                ledger&                  books = t % 2 == 0 ? below : top;
                std::vector<std::size_t> held;
                const auto               give_one = [&] {
                    sure.now -= held.back();
                    books.retire(held.back());
                    perhaps.now -= held.back();
                    held.pop_back();
                };
                for (int i = 0; i != 5000; ++i) {
                    const std::size_t bytes = ((seed = seed * 1664525 + 1013904223) >> 8) % (4 * ledger::batch);
                    const std::size_t huge = std::size_t{1} << 35;
                    if (books.charge(huge) == nullptr) books.cancel(huge);
                    if (held.size() == 8) give_one();
                    perhaps.add(bytes);
                    if (books.charge(bytes) != nullptr) std::abort();
                    books.commit(bytes);
                    sure.add(bytes);
                    held.push_back(bytes);
                }
                while (!held.empty()) give_one();
            });
        for (std::thread& thread : crowd) thread.join();
        for (const ledger* each : {&top, &below}) {
            const autopmr::usage u = each->now();
            CHECK(u.live == 0);
            CHECK(u.count == (each == &top ? 20000 : 10000));
            CHECK(u.failures == u.count);
            CHECK(u.peak - u.peak_error <= perhaps.most);
            if (each == &top) CHECK(u.peak >= sure.most);
        }
    }
}

// Many threads around a limit, against an oracle of shared counters; threads that idle, end, and come by the thousand.
#include <autopmr/ledger.hpp>

#include "src/ledger_books.hpp"
#include "support/catch.hpp"

#include <atomic>
#include <barrier>
#include <cstdint>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

using autopmr::ledger;

namespace {

std::uint32_t next(std::uint32_t& seed) { return seed = seed * 1664525u + 1013904223u; }

/// What certainly is in use, counted after a charge has returned until before its retire begins: independent of the books.
struct oracle {
    std::atomic<std::size_t> surely{0}, over{0}, refused{0}, total{0}, count{0};

    bool take(ledger& books, std::size_t bytes, std::size_t limit) {
        if (books.charge(bytes) != nullptr) {
            ++refused;
            return false;
        }
        if (surely.fetch_add(bytes) + bytes > limit) ++over;
        total += bytes;
        ++count;
        return true;
    }
    void give(ledger& books, std::size_t bytes) {
        surely -= bytes;
        books.retire(bytes);
    }
};

void hammer(ledger& books, std::size_t limit, std::size_t biggest, unsigned threads, int operations, oracle& all,
    const std::vector<ledger*>& through) {
    std::vector<std::thread> crowd;
    std::barrier             start(static_cast<std::ptrdiff_t>(threads));
    for (unsigned t = 0; t != threads; ++t)
        crowd.emplace_back([&, t] {
            std::uint32_t            seed = t + 1;
            ledger&                  mine = *through[t % through.size()];
            std::vector<std::size_t> held;
            start.arrive_and_wait();
            for (int i = 0; i != operations; ++i) {
                if ((next(seed) >> 16) % 2 == 0 || held.empty()) {
                    const std::size_t bytes = (next(seed) >> 8) % biggest;
                    if (all.take(mine, bytes, limit)) held.push_back(bytes);
                } else {
                    const std::size_t which = (next(seed) >> 8) % held.size();
                    all.give(mine, held[which]);
                    held[which] = held.back();
                    held.pop_back();
                }
            }
            while (!held.empty()) {
                all.give(mine, held.back());
                held.pop_back();
            }
        });
    for (std::thread& thread : crowd) thread.join();
    CHECK(all.over == 0);
    CHECK(books.now().live == 0);
    CHECK(books.now().total == all.total);
    CHECK(books.now().count == all.count);
    CHECK(books.charge(limit) == nullptr);  // all of it is there again
    books.retire(limit);
}

}  // namespace

TEST_CASE("never more than the limit, with more threads than cores around it") {
    const unsigned threads = 2 * std::max(2u, std::thread::hardware_concurrency());
    for (std::size_t limit : {1000u, 100000u, 3000000u}) {
        ledger books(limit);
        oracle all;
        hammer(books, limit, limit / 8, threads, 20000, all, {&books});
        CHECK(all.refused > 0);
        CHECK(books.now().failures == all.refused);
    }
}

TEST_CASE("never more than the limit where no barrier reaches all threads") {
    autopmr::pretend_no_fence(true);
    for (std::size_t limit : {1000u, 3000000u}) {
        ledger books(limit);
        oracle all;
        hammer(books, limit, limit / 8, 4, 20000, all, {&books});
        CHECK(all.refused > 0);
    }
    autopmr::pretend_no_fence(false);
}

TEST_CASE("never more than an ancestor's limit, whoever asks") {
    ledger top(1000000), left(ledger::no_limit, &top), right(900000, &top), deep(ledger::no_limit, &left);
    oracle all;
    hammer(top, 1000000, 100000, 6, 20000, all, {&left, &right, &deep});
    CHECK(all.refused > 0);
}

TEST_CASE("what always fits is never refused") {
    // Threads that each keep to a share: together they never exceed the limit, so no refusal is just.
    constexpr unsigned    threads = 6;
    constexpr std::size_t share = 50000;
    for (bool fenced : {true, false}) {
        autopmr::pretend_no_fence(!fenced);
        ledger                   top(threads * share), below(ledger::no_limit, &top);
        std::atomic<std::size_t> unjust{0};
        std::vector<std::thread> crowd;
        for (unsigned t = 0; t != threads; ++t)
            crowd.emplace_back([&, t] {
                std::uint32_t            seed = t + 7;
                ledger&                  books = t % 2 == 0 ? top : below;
                std::vector<std::size_t> held;
                std::size_t              live = 0;
                for (int i = 0; i != 30000; ++i) {
                    const std::size_t bytes = (next(seed) >> 8) % (share / 4);
                    if (live + bytes <= share) {
                        if (books.charge(bytes) != nullptr) {
                            ++unjust;
                            continue;
                        }
                        held.push_back(bytes);
                        live += bytes;
                    } else {
                        books.retire(held.back());
                        live -= held.back();
                        held.pop_back();
                    }
                }
                for (std::size_t bytes : held) books.retire(bytes);
            });
        for (std::thread& thread : crowd) thread.join();
        CHECK(unjust == 0);
        CHECK(top.now().live == 0);
    }
    autopmr::pretend_no_fence(false);
}

TEST_CASE("idle credit of a sleeping thread is there for others") {
    constexpr std::size_t limit = 10000000;
    ledger                books(limit);
    std::latch            used(1), over(1);
    std::thread           sleeper([&] {
        for (int i = 0; i != 1000; ++i) {
            REQUIRE(books.charge(1000) == nullptr);
            if (i >= 100) books.retire(1000);
        }
        used.count_down();
        over.wait();
        for (int i = 0; i != 100; ++i) books.retire(1000);
    });
    used.wait();
    CHECK(books.now().live == 100000);
    CHECK(books.charge(limit - 100000 + 1) == &books);
    CHECK(books.charge(limit - 100000) == nullptr);
    CHECK(books.charge(1) == &books);
    over.count_down();
    sleeper.join();
    CHECK(books.charge(100000) == nullptr);
    books.retire(limit);
    CHECK(books.now().live == 0);
}

TEST_CASE("a limit can be set while threads draw without one") {
    for (int round = 0; round != 50; ++round) {
        ledger                   books;
        std::atomic<bool>        stop{false}, limited{false};
        std::atomic<std::size_t> over{0};
        std::barrier             all_stopped(4);
        std::vector<std::thread> crowd;
        for (int t = 0; t != 4; ++t)
            crowd.emplace_back([&] {
                std::size_t mine = 0;
                while (!stop) {
                    const bool after = limited;
                    if (books.charge(700) == nullptr) {
                        if (after) ++over;  // nothing fits any more
                        mine += 700;
                    }
                }
                all_stopped.arrive_and_wait();
                books.retire(mine);
            });
        while (books.now().live < 100000) std::this_thread::yield();
        books.set_limit(50000);
        limited = true;
        for (int i = 0; i != 20; ++i) std::this_thread::yield();
        stop = true;
        for (std::thread& thread : crowd) thread.join();
        CHECK(over == 0);
        CHECK(books.now().live == 0);
        CHECK(books.charge(50000) == nullptr);
        books.retire(50000);
    }
}

TEST_CASE("counts are exact across threads that free for each other and end") {
    ledger                   books;
    std::vector<std::thread> crowd;
    for (int t = 0; t != 8; ++t)
        crowd.emplace_back([&, t] {
            for (std::size_t i = 0; i != 10000; ++i) {
                if (t % 2 == 0) books.add(i);
                else books.retire(i);  // of a block that another thread has or will have made
            }
        });
    for (std::thread& thread : crowd) thread.join();
    const autopmr::usage u = books.now();
    CHECK(u.live == 0);
    CHECK(u.count == 40000);
    CHECK(u.total == 4 * (10000u * 9999u / 2));
    CHECK(u.peak - u.peak_error <= u.total);
}

TEST_CASE("the peak's error holds what it says") {
    ledger books;
    for (std::size_t i = 0; i != 5000; ++i) books.add(1000);
    for (std::size_t i = 0; i != 5000; ++i) books.retire(1000);
    autopmr::usage u = books.now();
    CHECK(u.peak >= 5000000);
    CHECK(u.peak - u.peak_error <= 5000000);
    CHECK(u.peak_error <= ledger::batch);
    books.forget_peak();
    u = books.now();
    CHECK(u.peak - u.peak_error == 0);
}

TEST_CASE("records of ended threads are used again") {
    ledger books(100000000);
    auto   records = [] {
        std::size_t many = 0;
        for (auto* record = autopmr::per_thread::first_record(); record != nullptr; record = record->next) ++many;
        return many;
    };
    std::thread([&] { CHECK(books.charge(10) == nullptr); }).join();
    const std::size_t before = records();
    for (int i = 0; i != 10000; ++i)
        std::thread([&] {
            if (books.charge(10) == nullptr) books.retire(5);
        }).join();
    CHECK(records() == before);
    CHECK(books.now().live == 10 + 10000 * 5);
    CHECK(books.now().count == 10001);
}

TEST_CASE("ledgers come and go by the thousand, more than there are rows of cells") {
    for (int i = 0; i != 20000; ++i) {
        ledger books(1000);
        REQUIRE(books.charge(600) == nullptr);
        REQUIRE(books.charge(600) == &books);
        REQUIRE(books.now().live == 600);
        books.retire(600);
    }
    std::vector<std::unique_ptr<ledger>> many;
    ledger                               above(ledger::no_limit);
    for (int i = 0; i != 6000; ++i) {
        many.push_back(std::make_unique<ledger>(i % 2 == 0 ? ledger::no_limit : 2000, &above));
        REQUIRE(many.back()->charge(1500) == nullptr);
        if (i % 2 == 0) many.back()->add(10);
    }
    CHECK(above.now().live == 6000 * 1500 + 3000 * 10);
    for (int i = 0; i != 6000; ++i) {
        auto& books = *many[static_cast<std::size_t>(i)];
        if (i % 2 == 1) REQUIRE(books.charge(600) == &books);
        books.retire(1500);
        REQUIRE(books.now().live == (i % 2 == 0 ? 10u : 0u));
    }
    many.clear();
    CHECK(above.now().live == 0);
}

TEST_CASE("a thread_local's destructor may still use a ledger") {
    static ledger books(1000000);
    struct late {
        ~late() {
            CHECK(books.charge(100) == nullptr);
            books.retire(50);
        }
    };
    std::thread([] {
        thread_local late last;
        static_cast<void>(last);
        CHECK(books.charge(7) == nullptr);
    }).join();
    CHECK(books.now().live == 57);
    CHECK(books.now().count == 2);
}

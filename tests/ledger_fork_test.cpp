// A child has only the thread that forked: the others' books are folded in, and limits stay exact.
#include <autopmr/ledger.hpp>

#include "support/catch.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

using autopmr::ledger;

namespace {

/// Runs `child` in a forked process; the number of the first check that failed there, 0 for none.
template <class Child>
int forked(Child child) {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(child());
    int status = -1;
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

int limit_is_exact(ledger& books, std::size_t limit) {
    const std::size_t live = books.now().live;
    if (live > limit) return 1;
    if (books.charge(limit - live + 1) == nullptr) return 2;
    if (books.charge(limit - live) != nullptr) return 3;
    if (books.charge(1) == nullptr) return 4;
    books.retire(limit - live);
    return books.now().live == live ? 0 : 5;
}

}  // namespace

TEST_CASE("a child has what the other threads had taken, and not their idle credit") {
    constexpr std::size_t    limit = 100000000;
    ledger                   above(limit), books(ledger::no_limit, &above);
    std::latch               ready(4), over(1);
    std::vector<std::thread> crowd;
    for (int t = 0; t != 3; ++t)
        crowd.emplace_back([&] {
            for (int i = 0; i != 1000; ++i)
                if (books.charge(100) != nullptr) std::abort();
            for (int i = 0; i != 500; ++i) books.retire(100);
            ready.count_down();
            over.wait();
            books.retire(50000);
        });
    REQUIRE(books.charge(77) == nullptr);
    ready.arrive_and_wait();
    CHECK(forked([&] {
        if (books.now().live != 150077 || books.now().count != 3001 || above.now().live != 150077) return 10;
        return limit_is_exact(above, limit);
    }) == 0);
    over.count_down();
    for (std::thread& thread : crowd) thread.join();
    CHECK(books.now().live == 77);
    CHECK(limit_is_exact(above, limit) == 0);
}

TEST_CASE("in a child, too, credit is taken back from other threads") {
    ledger books(10000000);
    CHECK(forked([&] {
        std::latch  idle(1), over(1);
        std::thread sleeper([&] {
            for (int i = 0; i != 1000; ++i)
                if (books.charge(1000) != nullptr) std::abort();
            for (int i = 0; i != 1000; ++i) books.retire(1000);
            idle.count_down();
            over.wait();
        });
        idle.wait();
        const int failed = limit_is_exact(books, 10000000);
        over.count_down();
        sleeper.join();
        return failed;
    }) == 0);
}

TEST_CASE("a fork amid draws and refusals leaves usable books") {
    constexpr std::size_t    limit = 400000;
    ledger                   bounded(limit), unbounded;
    std::atomic<bool>        stop{false};
    std::vector<std::thread> crowd;
    for (int t = 0; t != 3; ++t)
        crowd.emplace_back([&] {
            std::vector<std::size_t> held;
            for (std::size_t i = 0; !stop; ++i) {
                const std::size_t bytes = i * 7919 % 30000;
                if (bounded.charge(bytes) == nullptr) held.push_back(bytes);
                unbounded.add(bytes);
                unbounded.retire(bytes);
                if (i % 2 == 1 && !held.empty()) {
                    bounded.retire(held.back());
                    held.pop_back();
                }
            }
            for (std::size_t bytes : held) bounded.retire(bytes);
        });
    for (int i = 0; i != 100; ++i)
        CHECK(forked([&] {
            unbounded.add(10);
            unbounded.retire(10);
            return limit_is_exact(bounded, limit);
        }) == 0);
    stop = true;
    for (std::thread& thread : crowd) thread.join();
    CHECK(limit_is_exact(bounded, limit) == 0);
    CHECK(unbounded.now().live == 0);
}

TEST_CASE("a child counts as live what another thread was about to take, and its peak follows on") {
    constexpr std::size_t huge = std::size_t{1} << 40;
    ledger                above, books(ledger::no_limit, &above);
    std::latch            charged(1), over(1);
    std::thread           other([&] {
        if (books.charge(huge) != nullptr) std::abort();
        charged.count_down();
        over.wait();
        books.cancel(huge);
    });
    charged.wait();
    CHECK(forked([&] {
        if (books.now().live != huge || above.now().peak < huge) return 10;
        if (books.charge(huge) != nullptr) return 11;
        books.commit(huge);
        books.retire(huge);
        for (const ledger* each : {&books, &above}) {
            const auto u = each->now();
            if (u.peak < 2 * huge || u.peak - u.peak_error > 2 * huge) return 12;
        }
        if (books.charge(4 * huge) != nullptr) return 13;
        books.cancel(4 * huge);
        return above.now().peak < 3 * huge ? 0 : 14;
    }) == 0);
    over.count_down();
    other.join();
    CHECK(books.now().live == 0);
    CHECK(above.now().peak <= 2 * ledger::batch);
}

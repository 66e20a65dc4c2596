#include <autopmr/fork_mutex.hpp>

#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/sanitized.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

using autopmr::fork_mutex;
using autopmr_test::child_end;
using autopmr_test::in_child;

TEST_CASE("a mutex lets one thread in, and that thread knows") {
    fork_mutex        lock;
    std::atomic<bool> other_thinks_so{true};
    CHECK_FALSE(lock.mine());
    {
        const std::scoped_lock hold(lock);
        CHECK(lock.mine());
        std::thread([&] { other_thinks_so = lock.mine(); }).join();
    }
    CHECK_FALSE(lock.mine());
    CHECK_FALSE(other_thinks_so);

    unsigned                 count = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t != 4; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i != 5000; ++i) {
                const std::scoped_lock hold(lock);
                ++count;
            }
        });
    for (std::thread& one : threads) one.join();
    CHECK(count == 4 * 5000);
}

TEST_CASE("a forked child finds every mutex free and what it guards whole") {
    struct guarded {
        fork_mutex lock;
        unsigned   one = 0, other = 0;  // always the same while nobody holds the lock
    };
    constexpr std::size_t many = under_tsan ? 30 : 2000;  // ThreadSanitizer follows 64 locks that a thread holds
    std::vector<std::unique_ptr<guarded>> all;
    for (std::size_t i = 0; i != many; ++i) all.push_back(std::make_unique<guarded>());
    for (std::size_t i = 0; i < many; i += 3) all[i].reset();  // gaps in the list
    std::atomic<bool>        stop{false};
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t != 2; ++t)
        threads.emplace_back([&, t] {
            for (std::size_t i = t; !stop; ++i) {
                guarded* const inner = all[i % 20].get();
                guarded* const outer = all[20 + i % 7].get();  // newer than what is asked for under it
                if (inner == nullptr || outer == nullptr) continue;
                const std::scoped_lock first(outer->lock);
                const std::scoped_lock second(inner->lock);
                ++outer->one, ++inner->one;
                ++inner->other, ++outer->other;
            }
        });
    for (int i = 0; i != 20; ++i) {
        const child_end end = in_child([&] {
            for (const auto& each : all) {
                if (each == nullptr) continue;
                const std::scoped_lock hold(each->lock);
                if (each->one != each->other) return 3;
            }
            return 0;
        });
        REQUIRE(end.exit_status == 0);
    }
    stop = true;
    for (std::thread& one : threads) one.join();
}

TEST_CASE("who holds one may fork: it stays held, in the child too") {
    fork_mutex      held, free;
    const child_end end = [&] {
        const std::scoped_lock hold(held);
        const child_end        inner = in_child([&] {
            if (!held.mine()) return 3;
            const std::scoped_lock other(free);
            return free.mine() ? 0 : 4;
        });
        CHECK(held.mine());
        return inner;
    }();
    CHECK(end.exit_status == 0);
    CHECK_FALSE(held.mine());
    const std::scoped_lock first(held), second(free);
}

#include "support/catch.hpp"

#include <autopmr/guard_pool.hpp>

#include "support/child.hpp"
#include "support/faults.hpp"
#include "support/used_pool.hpp"

#include <atomic>
#include <csignal>
#include <random>
#include <thread>
#include <vector>

#include <pthread.h>

using namespace autopmr;
using autopmr_test::counted_faults;
using autopmr_test::guarded_with;
using autopmr_test::in_child;
using autopmr_test::used_pool;

TEST_CASE("Of two threads that free the same block, one is told of a double free") {
    used_pool      used(guarded_with(GENERATE(true, false)));
    counted_faults counted;
    for (int round = 0; round != 300; ++round) {
        char* const      block = used.get(32);
        std::atomic<int> ready{0};
        const auto       race = [&] {
            ++ready;
            while (ready != 2) continue;
            used.put(block, 32);
        };
        std::thread other(race);
        race();
        other.join();
        REQUIRE(counted.count == round + 1);
        REQUIRE(counted_faults::last.kind == fault_kind::double_free);
    }
}

TEST_CASE("Threads allocate, free each other's blocks and verify at the same time") {
    guard_pool_options options = guarded_with(GENERATE(true, false));
    options.quarantine = 50;
    used_pool                       used(options);
    counted_faults                  counted;
    std::atomic<char*>              shared[64] = {};
    std::atomic<bool>               done{false};
    std::thread                     sweeper([&] {
        fault_report found;
        while (!done) {
            used.pool.verify();
            for (std::atomic<char*>& one : shared)
                if (const char* block = one.load()) fault_sources::explain(block + 10, found);
        }
    });
    std::vector<std::thread> threads;
    for (unsigned t = 0; t != 4; ++t)
        threads.emplace_back([&, t] {
            std::minstd_rand random(t + 1);
            for (int i = 0; i != 3000; ++i) {
                char* block = used.get(40, 8);
                block[0] = block[39] = 5;
                block = shared[random() % 64].exchange(block);
                if (block != nullptr) used.put(block, 40, 8);
            }
        });
    for (std::thread& one : threads) one.join();
    done = true;
    sweeper.join();
    for (std::atomic<char*>& one : shared)
        if (char* block = one.load()) used.put(block, 40, 8);
    CHECK(counted.count == 0);
    CHECK(used.pool.usage().live == 0);
}

TEST_CASE("A child that is forked while other threads allocate can go on") {
    guard_pool_options options = guarded_with(true);
    options.quarantine = 100;
    used_pool         used(options);
    std::atomic<bool> done{false};
    std::thread       busy([&] {
        while (!done) used.put(used.get(20), 20);
    });
    std::thread       verifies([&] {
        while (!done) used.pool.verify();
    });
    for (int i = 0; i != 20; ++i) {
        const auto end = in_child([&] {
            for (int n = 0; n != 200; ++n) used.put(used.get(30), 30);
            return used.pool.verify() == 0 ? 0 : 1;
        }, 20);
        CHECK((end.exit_status == 0 && !end.hung));
    }
    done = true;
    busy.join();
    verifies.join();
}

TEST_CASE("A signal handler may ask while its thread allocates") {
    static used_pool*               used = nullptr;
    static std::atomic<int>         asked{0};
    guard_pool_options              options = guarded_with(true);
    options.quarantine = 100;  // the loops have no end of their own
    used_pool                       mine(options);
    static std::atomic<const char*> block{nullptr};
    block = mine.get(10);
    used = &mine;
    const auto before = std::signal(SIGALRM, [](int) {
        fault_report found;
        if (fault_sources::explain(block.load() + 10, found) != nullptr) ++asked;
    });
    std::thread pesters([self = ::pthread_self()] {
        while (asked < 100) {
            ::pthread_kill(self, SIGALRM);
            std::this_thread::yield();
        }
    });
    while (asked < 100) mine.put(mine.get(20), 20);
    pesters.join();
    std::signal(SIGALRM, before);
    used->put(const_cast<char*>(block.load()), 10);
}

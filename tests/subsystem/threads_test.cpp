#include <autopmr/subsystem.hpp>

#include "support/catch.hpp"

#include <autopmr/errors.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

using namespace autopmr;

namespace {

constexpr int thread_count = 8;

// All threads begin together.
void race(const std::function<void(int)>& work) {
    std::atomic<int>         waiting{thread_count};
    std::vector<std::thread> threads;
    for (int i = 0; i != thread_count; ++i) {
        threads.emplace_back([&, i] {
            for (--waiting; waiting != 0;) std::this_thread::yield();
            work(i);
        });
    }
    for (std::thread& t : threads) t.join();
}

}  // namespace

TEST_CASE("threads that ask for one name get one subsystem") {
    constexpr int                                 names = 300;
    std::vector<std::vector<subsystem_resource*>> got(thread_count, std::vector<subsystem_resource*>(names));
    race([&](int me) {
        for (int i = 0; i != names; ++i) {
            const int n = me % 2 == 0 ? i : names - 1 - i;
            got[me][n] = &subsystem("race.n" + std::to_string(n % 10) + ".x" + std::to_string(n));
        }
    });
    for (int i = 1; i != thread_count; ++i) CHECK(got[i] == got[0]);
    int below = 0;
    for_each_subsystem([&](const subsystem_resource& s) { below += s.name().substr(0, 7) == "race.n0"; });
    CHECK(below == 1 + names / 10);
}

TEST_CASE("threads that bind one subsystem agree on its backend") {
    for (int round = 0; round != 50; ++round) {
        const std::string   name = "bind.r" + std::to_string(round);
        subsystem_resource& s = subsystem(name + ".leaf");
        std::atomic<int>    configured{0}, refused{0};
        race([&](int me) {
            if (me == 0) {
                subsystem_options options;
                options.backend = "new_delete";
                const policy_result result = configure(name, options);
                ++(result.ok() ? configured : refused);
            } else {
                s.deallocate(s.allocate(64), 64);
            }
        });
        CHECK(configured + refused == 1);
        if (configured == 1) CHECK(s.usage().backend == "new_delete");
        CHECK(s.usage().backend == subsystem(name).usage().backend);
        CHECK(s.usage().live == 0);
        CHECK(s.usage().count == thread_count - 1);
    }
}

TEST_CASE("more threads than processors never exceed a limit, and all of it can be had again") {
    constexpr std::size_t limit = 1 << 18;
    subsystem_options     options;
    options.limit = limit;
    REQUIRE(configure("crowd", options).ok());
    std::atomic<std::size_t> held{0}, most{0};
    std::atomic<long>        refusals{0};
    race([&](int me) {
        subsystem_resource&                        mine = subsystem("crowd.t" + std::to_string(me % 3));
        std::mt19937                               random(static_cast<unsigned>(me));
        std::vector<std::pair<void*, std::size_t>> blocks;
        for (int i = 0; i != 4000; ++i) {
            const std::size_t bytes = 1 + random() % 30'000;
            if (blocks.size() < 20 && random() % 3 != 0) {
                try {
                    void* const block = mine.allocate(bytes);
                    const auto  now = held += bytes;
                    for (std::size_t m = most; now > m && !most.compare_exchange_weak(m, now);) {}
                    blocks.emplace_back(block, bytes);
                } catch (const limit_exceeded&) {
                    ++refusals;
                }
            } else if (!blocks.empty()) {
                const auto [block, size] = blocks.back();
                blocks.pop_back();
                held -= size;
                mine.deallocate(block, size);
            }
        }
        for (const auto& [block, size] : blocks) {
            held -= size;
            mine.deallocate(block, size);
        }
    });
    CHECK(most <= limit);
    CHECK(most > limit / 2);
    CHECK(refusals > 0);
    CHECK(subsystem("crowd").usage().live == 0);
    subsystem_resource& s = subsystem("crowd.t0");
    CHECK_THROWS_AS(s.allocate(limit + 1), limit_exceeded);
    s.deallocate(s.allocate(limit), limit);
}

TEST_CASE("blocks may be given back by other threads") {
    subsystem_resource&        s = subsystem("crossing");
    std::vector<void*>         blocks(1000);
    std::thread([&] { for (void*& b : blocks) b = s.allocate(48); }).join();
    CHECK(s.usage().live == 48'000);
    for (void* b : blocks) s.deallocate(b, 48);
    CHECK(s.usage().live == 0);
    CHECK(s.usage().count == 1000);
}

TEST_CASE("a child of fork goes on, whatever its parent's other threads were doing") {
    std::atomic<bool>        stop{false};
    std::vector<std::thread> threads;
    for (int i = 0; i != 3; ++i) {
        threads.emplace_back([&, i] {
            for (unsigned n = 0; !stop; ++n) {
                subsystem_resource& s = subsystem("fork.t" + std::to_string(i) + ".n" + std::to_string(n % 500));
                s.deallocate(s.allocate(100), 100);
                subsystem_options options;
                options.limit = 1'000'000 + n;
                (void)configure(s.name(), options);
            }
        });
    }
    void* const inherited = subsystem("fork").allocate(1000);
    int         good = 0;
    for (int round = 0; round != 30; ++round) {
        const pid_t child = fork();
        if (child == 0) {
            ::alarm(20);
            subsystem_resource& s = subsystem("fork.child" + std::to_string(round));
            void* const         block = s.allocate(123);
            const bool          counted = s.usage().live == 123 && s.usage().count == 1;
            s.deallocate(block, 123);
            subsystem("fork").deallocate(inherited, 1000);
            subsystem_options options;
            options.limit = 500;
            const bool bounded = configure(s.name(), options).ok();
            _exit(counted && bounded && s.usage().live == 0 && subsystem("").usage().count != 0 ? 0 : 1);
        }
        int status = -1;
        REQUIRE(child > 0);
        REQUIRE(waitpid(child, &status, 0) == child);
        good += WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    stop = true;
    for (std::thread& t : threads) t.join();
    subsystem("fork").deallocate(inherited, 1000);
    CHECK(good == 30);
}

#include <autopmr/guarded/sampled_guard_resource.hpp>

#include "guarded/sampling.hpp"
#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/faults.hpp"
#include "support/sanitized.hpp"

#include <atomic>
#include <sys/time.h>

#include <csignal>
#include <cstddef>
#include <cstring>
#include <memory_resource>
#include <thread>
#include <utility>
#include <vector>

using namespace autopmr;
using autopmr_test::bump;
using autopmr_test::counted_faults;
using autopmr_test::in_child;
using autopmr_test::one_in;
using autopmr_test::small;

namespace {
sampled_guard_resource* from_handler = nullptr;
std::atomic<int>        handled{0};
void* volatile          for_handler = nullptr;
}  // namespace

TEST_CASE("a signal handler may allocate and free while its thread does") {
    const auto end = in_child([] {
        bump                   below;
        guard_pool             pool(small(8));
        sampled_guard_resource r(one_in(1, &pool), &below);
        from_handler = &r;
        std::signal(SIGALRM, [](int) {
            void* const block = from_handler->allocate(32);
            from_handler->deallocate(block, 32);
            if (void* const given = std::exchange(*const_cast<void**>(&for_handler), nullptr)) from_handler->deallocate(given, 48);
            ++handled;
        });
        itimerval every{};
        every.it_interval.tv_usec = every.it_value.tv_usec = 200;
        setitimer(ITIMER_REAL, &every, nullptr);
        for (int rounds = 0; handled < 500; ++rounds) {
            void* blocks[12];
            for (void*& block : blocks) block = r.allocate(48);
            if (for_handler == nullptr) for_handler = r.allocate(48);
            for (void* block : blocks) r.deallocate(block, 48);
        }
        every = {};
        setitimer(ITIMER_REAL, &every, nullptr);
        if (void* const given = for_handler) r.deallocate(given, 48);
        r.deallocate(r.allocate(1), 1);  // what had to wait is freed here
        return pool.usage().live == 0 ? 0 : 1;
    });
    INFO(end.error);
    CHECK_FALSE(end.hung);
    CHECK(end.exit_status == 0);
}

TEST_CASE("a child forked while other threads allocate goes on, with the process's pool made or not") {
    if (!malloc_survives_fork) return;
    const auto end = in_child([] {
        bump                     below;
        std::atomic<bool>        stop{false};
        std::vector<std::thread> threads;
        int                      failed = 0;
        sampled_guard_resource   r(one_in(2), &below);
        for (int t = 0; t != 2; ++t)
            threads.emplace_back([&] {
                while (!stop) {
                    void* const block = r.allocate(64);
                    r.deallocate(block, 64);
                }
            });
        for (int i = 0; i != 30; ++i) {
            const auto child = in_child(
                [&] {
                    const std::uint64_t before = r.now().sampled;
                    for (int n = 0; n != 200; ++n) {
                        void* const block = r.allocate(64);
                        std::memset(block, 1, 64);
                        r.deallocate(block, 64);
                    }
                    return r.now().sampled > before ? 0 : 1;
                },
                20);
            failed += child.exit_status != 0 ? 1 : 0;
        }
        stop = true;
        for (std::thread& one : threads) one.join();
        return failed;
    });
    INFO(end.error);
    CHECK(end.exit_status == 0);
}

TEST_CASE("threads that come and go, and blocks that change hands") {
    guard_pool             pool(small(32));
    counted_faults         faults;
    sampled_guard_resource r(one_in(3, &pool), std::pmr::new_delete_resource());
    std::atomic<void*>     slots[64] = {};
    for (int round = 0; round != 20; ++round) {
        std::vector<std::thread> threads;
        for (unsigned t = 0; t != 4; ++t)
            threads.emplace_back([&, t] {
                for (unsigned i = 0; i != 500; ++i) {
                    void* const block = r.allocate(40);
                    std::memset(block, static_cast<int>(i), 40);
                    if (void* const old = slots[(i * 7 + t * 13) % 64].exchange(block)) r.deallocate(old, 40);
                }
            });
        for (std::thread& one : threads) one.join();
    }
    for (auto& slot : slots)
        if (void* const old = slot.exchange(nullptr)) r.deallocate(old, 40);
    CHECK(faults.count == 0);
    CHECK(pool.usage().live == 0);
    CHECK(r.verify() == 0);
}

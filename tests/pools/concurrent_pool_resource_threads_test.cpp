// The concurrent pool where others come in between: its upstream, a fork, threads that trade and trim.
#include <autopmr/decorators/failure_callback_resource.hpp>
#include <autopmr/pools/concurrent_pool_resource.hpp>
#include <autopmr/testing/test_resource.hpp>

#include "pools/marked_blocks.hpp"
#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/sanitized.hpp"

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

using namespace autopmr;
using autopmr::testing::test_resource;
using namespace autopmr_test;

TEST_CASE("an upstream may come back to the pool from within") {
    test_resource            memory;
    concurrent_pool_resource* pool = nullptr;
    block                     kept;
    // Refuses until something is freed into the pool, as an out-of-memory handler would.
    failure_callback_resource upstream(
        [](void* context, std::size_t, std::size_t, unsigned) noexcept {
            (*static_cast<decltype(&pool)>(context))->deallocate((*static_cast<decltype(&pool)>(context))->allocate(9000), 9000);
            return true;
        },
        &pool, &memory);
    concurrent_pool_resource over(&upstream);
    pool = &over;
    kept = take(over, 100, 1);
    std::thread([&] {
        memory.set_allocation_limit(0);
        const block mine = take(over, 200, 2);  // makes this thread's cache, and the handler is called meanwhile
        CHECK(give(over, mine));
    }).join();
    CHECK(give(over, kept));
    over.trim();
    CHECK(over.usage().chunks == 0);
    CHECK(over.usage().thread_caches <= 2);
}

TEST_CASE("a child goes on with the pool, what others had cached included in its end") {
    test_resource            upstream;
    concurrent_pool_resource pool(&upstream);
    std::vector<block>       others(3000);
    std::atomic<int>         step{0};
    std::thread              other([&] {
        for (block& one : others) one = take(pool, 300, 3);
        step = 1;
        while (step != 2) std::this_thread::yield();
    });
    while (step != 1) std::this_thread::yield();
    const block mine = take(pool, 50, 5);
    const auto  end = autopmr_test::in_child([&] {
        if (!give(pool, mine)) return 1;
        for (const block& one : others)
            if (!give(pool, one)) return 2;  // home is the cache of a thread that is not here
        for (int i = 0; i != 3000; ++i)
            if (!give(pool, take(pool, static_cast<std::size_t>(i), 6))) return 3;
        bool intact = false;
        const auto use = [&] { intact = give(pool, take(pool, 70, 7)); };
        if (under_tsan) use();  // it starts no thread in the child of a process that had several
        else std::thread(use).join();
        if (!intact) return 4;
        pool.release();
        return upstream.blocks_in_use() == 1 ? 0 : 5;
    });
    CHECK(end.exit_status == 0);
    CHECK(end.signal == 0);
    step = 2;
    other.join();
    CHECK(give(pool, mine));
    for (const block& one : others) CHECK(give(pool, one));
    pool.trim();
    CHECK(pool.usage().chunks == 0);
}

TEST_CASE("threads that trade blocks and trim meanwhile keep all of them whole") {
    test_resource            upstream;
    concurrent_pool_resource pool(&upstream);
    constexpr std::size_t    places = 256;
    std::vector<std::atomic<block*>> market(places);
    std::atomic<bool>                intact{true};
    on_threads(4, [&](unsigned t) {
        std::uint32_t seed = t + 1;
        for (int i = 0; i != (under_tsan || under_asan ? 20000 : 150000); ++i) {
            seed = seed * 1664525u + 1013904223u;
            auto* const mine = new (pool.allocate(sizeof(block))) block(take(pool, (seed >> 16) % 3000, static_cast<unsigned char>(seed >> 8)));
            block* const theirs = market[(seed >> 12) % places].exchange(mine);
            if (theirs != nullptr) {
                if (!give(pool, *theirs)) intact = false;
                pool.deallocate(theirs, sizeof(block));
            }
            if (i % 5000 == 0) pool.trim();
        }
    });
    for (auto& place : market)
        if (block* const left = place.load()) {
            if (!give(pool, *left)) intact = false;
            pool.deallocate(left, sizeof(block));
        }
    CHECK(intact);
    pool.trim();
    CHECK(pool.usage().chunks == 0);
    CHECK(pool.usage().large_blocks == 0);
}

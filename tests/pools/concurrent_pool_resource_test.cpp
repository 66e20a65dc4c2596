#include <autopmr/errors.hpp>
#include <autopmr/pools/concurrent_pool_resource.hpp>
#include <autopmr/testing/test_resource.hpp>

#include "pools/marked_blocks.hpp"
#include "support/catch.hpp"
#include "support/faults.hpp"
#include "support/sanitized.hpp"

#include <atomic>
#include <memory>
#include <memory_resource>
#include <thread>
#include <vector>

using namespace autopmr;
using autopmr::testing::test_resource;
using namespace autopmr_test;

namespace {

std::size_t in_use(const test_resource& upstream) { return static_cast<std::size_t>(upstream.bytes_in_use()); }

}  // namespace

TEST_CASE("what one thread allocates another may free, and it is used again") {
    test_resource            upstream;
    concurrent_pool_resource pool(&upstream);
    std::vector<block>       blocks(20000);
    std::atomic<bool>        intact{true};
    std::size_t              after_first = 0;
    for (int round = 0; round != 6; ++round) {
        for (std::size_t i = 0; i != blocks.size(); ++i) blocks[i] = take(pool, 16 + i % 300, static_cast<unsigned char>(i + round));
        if (round == 1) after_first = pool.usage().chunks;
        on_threads(2, [&](unsigned t) {
            for (std::size_t i = t; i < blocks.size(); i += 2)
                if (!give(pool, blocks[i])) intact = false;
        });
    }
    CHECK(intact);
    CHECK(pool.usage().chunks <= after_first + after_first / 4);
    pool.trim();
    CHECK(pool.usage().chunks == 0);  // every block found home
    CHECK(pool.usage().reserved_bytes == in_use(upstream));
}

TEST_CASE("threads that come and go leave their memory to those that follow") {
    test_resource            upstream;
    concurrent_pool_resource pool(&upstream);
    const unsigned           threads = under_tsan || under_asan ? 1000 : 10000;
    std::size_t              after_some = 0;
    std::vector<block>       left;
    for (unsigned i = 0; i != threads; ++i) {
        std::thread([&] {
            for (const block& one : left) give(pool, one);
            left.clear();
            for (std::size_t n = 0; n != 50; ++n) left.push_back(take(pool, 8 + n * 20, static_cast<unsigned char>(n)));
        }).join();
        if (i == 20) after_some = in_use(upstream);
    }
    CHECK(in_use(upstream) <= after_some);
    CHECK(pool.usage().thread_caches == 1);
    for (const block& one : left) CHECK(give(pool, one));
    pool.trim();
    CHECK(pool.usage().chunks == 0);
}

TEST_CASE("what comes back to threads that ended is found before the upstream is asked") {
    test_resource            upstream;
    concurrent_pool_resource pool(&upstream);
    std::vector<block>       blocks(4000);
    std::thread([&] {
        for (block& one : blocks) one = take(pool, 200, 7);
    }).join();
    const std::size_t chunks = pool.usage().chunks;
    for (const block& one : blocks) CHECK(give(pool, one));  // on this thread, which adopts nothing meanwhile
    std::thread([&] {
        std::thread([&] {
            for (block& one : blocks) one = take(pool, 480, 7);  // another size, on a thread that never saw these chunks
            for (const block& one : blocks) give(pool, one);
        }).join();
    }).join();
    CHECK(pool.usage().chunks <= 3 * chunks + 4);
}

TEST_CASE("a pool may end while threads hold caches of it, and its place goes to another") {
    test_resource     upstream;
    std::atomic<int>  step{0};
    auto              first = std::make_unique<concurrent_pool_resource>(&upstream);
    std::unique_ptr<concurrent_pool_resource> second;
    std::thread       user([&] {
        (void)take(*first, 100, 1);
        step = 1;
        while (step != 2) std::this_thread::yield();
        CHECK(give(*second, take(*second, 100, 2)));
    });
    while (step != 1) std::this_thread::yield();
    first.reset();
    CHECK(upstream.blocks_in_use() == 0);
    second = std::make_unique<concurrent_pool_resource>(&upstream);
    step = 2;
    user.join();
    second.reset();
    CHECK(upstream.blocks_in_use() == 0);
}

TEST_CASE("release takes everything back, and the pool goes on") {
    test_resource            upstream;
    concurrent_pool_resource pool(&upstream);
    for (int round = 0; round != 3; ++round) {
        on_threads(3, [&](unsigned t) {
            for (std::size_t i = 0; i != 500; ++i) (void)take(pool, i * 37 % 12000, static_cast<unsigned char>(t));
        });
        (void)take(pool, 10, 1);
        pool.release();
        CHECK(pool.usage().chunks == 0);
        CHECK(pool.usage().thread_caches == 0);
        CHECK(upstream.blocks_in_use() == 1);  // its own books
    }
}

TEST_CASE("thousands of pools can be in use at once, and one that a thread does not use costs that thread nothing") {
    test_resource                                          upstream;
    std::vector<std::unique_ptr<concurrent_pool_resource>> pools;
    for (int i = 0; i != 3000; ++i) pools.push_back(std::make_unique<concurrent_pool_resource>(pool_options{1024}, &upstream));
    const std::size_t unused = in_use(upstream);
    CHECK(unused / pools.size() < 512);
    for (auto& pool : pools) pool->deallocate(pool->allocate(20), 20);
    const std::size_t used = in_use(upstream);
    on_threads(2, [&](unsigned) { pools[7]->deallocate(pools[7]->allocate(20), 20); });
    CHECK(in_use(upstream) < used + 2 * 8192);
    pools.clear();
    CHECK(upstream.blocks_in_use() == 0);
}

TEST_CASE("large blocks are anyone's, and misuse is reported") {
    counted_faults                   seen;
    test_resource            upstream;
    concurrent_pool_resource pool(&upstream);
    std::vector<block>       large(500);
    on_threads(4, [&](unsigned t) {
        for (std::size_t i = t; i < large.size(); i += 4) large[i] = take(pool, 8200 + i, static_cast<unsigned char>(i));
    });
    CHECK(pool.usage().large_blocks == 500);
    std::atomic<bool> intact{true};
    on_threads(4, [&](unsigned t) {
        for (std::size_t i = 3 - t; i < large.size(); i += 4)
            if (!give(pool, large[i])) intact = false;
    });
    CHECK(intact);
    CHECK(pool.usage().large_blocks == 0);
    CHECK(seen.count == 0);

    concurrent_pool_resource other(&upstream);
    void* const              mine = pool.allocate(100);
    void* const              others = other.allocate(100);
    void* const              big = pool.allocate(10000);
    pool.deallocate(others, 100);
    CHECK(seen.last.kind == fault_kind::foreign_pointer);
    pool.deallocate(mine, 200);
    CHECK(seen.last.kind == fault_kind::wrong_size);
    CHECK(seen.last.expected_bytes == 112);
    std::thread([&] { pool.deallocate(mine, 200); }).join();
    CHECK(seen.count == 3);
    pool.deallocate(big, 10001);
    CHECK(seen.last.kind == fault_kind::wrong_size);
    CHECK(seen.last.expected_bytes == 10000);
    pool.deallocate(mine, 100);
    pool.deallocate(mine, 100);
    CHECK(seen.last.kind == fault_kind::double_free);
    CHECK(seen.count == 5);
    void* const twice = pool.allocate(100);
    std::thread([&] {
        pool.deallocate(twice, 100);
        pool.deallocate(twice, 100);
    }).join();
    CHECK(seen.last.kind == fault_kind::double_free);
    CHECK(seen.count == 6);
    pool.deallocate(big, 10000);
    other.deallocate(others, 100);
}

TEST_CASE("bad requests are refused; an upstream that fails at any call loses nothing") {
    for (long long n = 0, more = 1; more != 0; ++n) {
        test_resource upstream;
        upstream.set_allocation_limit(n);
        {
            std::unique_ptr<concurrent_pool_resource> pool;
            while (pool == nullptr) try {
                    pool = std::make_unique<concurrent_pool_resource>(&upstream);
                } catch (const std::bad_alloc&) {}
            std::vector<block> blocks;
            on_threads(1, [&](unsigned) {
                for (std::size_t i = 0; i != 200; ++i) try {
                        blocks.push_back(take(*pool, i % 4 == 0 ? 9000 : 1000, static_cast<unsigned char>(i)));
                    } catch (const std::bad_alloc&) {}
            });
            for (const block& one : blocks) CHECK(give(*pool, one));
            CHECK(pool->usage().large_blocks == 0);
            pool->trim();
            CHECK(pool->usage().chunks == 0);
        }
        more = upstream.refusals();
        CHECK(upstream.blocks_in_use() == 0);
    }
    test_resource            upstream;
    concurrent_pool_resource pool(&upstream);
    for (std::size_t alignment : {0, 3, 24}) CHECK_THROWS_AS(pool.allocate(8, alignment), bad_alignment);
    CHECK_THROWS_AS(pool.allocate(SIZE_MAX, 8), out_of_memory);
    CHECK_THROWS_AS(pool.allocate(1, std::size_t{1} << 40), std::bad_alloc);
}

#include <autopmr/errors.hpp>
#include <autopmr/fault_report.hpp>
#include <autopmr/pools/pool_resource.hpp>
#include <autopmr/testing/test_resource.hpp>

#include "src/support/chunk_heap.hpp"
#include "support/catch.hpp"
#include "support/faults.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <list>
#include <map>
#include <memory_resource>
#include <random>
#include <vector>

using namespace autopmr;
using autopmr::testing::test_resource;
using autopmr_test::counted_faults;

namespace {

std::size_t in_use(const test_resource& upstream) { return static_cast<std::size_t>(upstream.bytes_in_use()); }

}  // namespace

TEST_CASE("size classes cover every size, in order, with little waste and the alignment of their size") {
    unsigned before = 0;
    for (std::size_t bytes = 1; bytes <= 512 * 1024; bytes += bytes < 5000 ? 1 : 17) {
        const unsigned    index = size_classes::of(bytes);
        const std::size_t size = size_classes::bytes_of(index);
        REQUIRE(index < size_classes::count);
        REQUIRE(size >= bytes);
        REQUIRE((index == 1 || size_classes::bytes_of(index - 1) < bytes));
        REQUIRE((index == before || index == before + 1));
        REQUIRE((bytes <= 64 ? size - bytes < 8 : bytes <= 1024 ? size - bytes < 16 : size - bytes < bytes / 4));
        before = index;
    }
    for (std::size_t alignment = 1; alignment <= 16; alignment *= 2)
        for (std::size_t bytes = 1; bytes <= size_classes::small; ++bytes) {
            const std::size_t raised = std::max((bytes + alignment - 1) / alignment * alignment, bytes);
            const std::size_t step = size_classes::step_of(bytes, alignment);
            REQUIRE(step < size_classes::steps);
            REQUIRE(size_classes::of(step * 8) == size_classes::of(raised));
        }
    for (std::size_t alignment = 2; alignment <= 4096; alignment *= 2)
        for (std::size_t bytes = alignment; bytes <= 8192; bytes += alignment)
            REQUIRE(size_classes::bytes_of(size_classes::of(bytes)) % alignment == 0);
    for (std::size_t alignment : {0, 3, 5, 6, 12, 17, 24, 32, 4096}) REQUIRE_FALSE(size_classes::plain_alignment(alignment));
}

TEST_CASE("a pool asks its upstream for nothing before it is used, and gives everything back") {
    test_resource upstream;
    {
        pool_resource pool(&upstream);
        CHECK(upstream.allocations() == 0);
        pool.trim();
        pool.release();
        CHECK(pool.usage().reserved_bytes == 0);
        void* const small = pool.allocate(100);
        void* const large = pool.allocate(100000);
        CHECK(pool.usage().live_blocks == 1);
        CHECK(pool.usage().live_bytes == 112);
        CHECK(pool.usage().large_blocks == 1);
        CHECK(pool.usage().large_bytes == 100000);
        CHECK(pool.usage().reserved_bytes == in_use(upstream));
        pool.deallocate(large, 100000);
        pool.deallocate(small, 100);
        CHECK(pool.usage().live_blocks == 0);
        CHECK(pool.usage().large_blocks == 0);
        pool.trim();
        CHECK(pool.usage().chunks == 0);
        CHECK(pool.usage().reserved_bytes == in_use(upstream));
    }
    CHECK(upstream.blocks_in_use() == 0);
}

TEST_CASE("a pool that ends or is released with live blocks gives their memory back") {
    test_resource upstream;
    pool_resource pool(&upstream);
    for (int round = 0; round != 3; ++round) {
        for (std::size_t bytes = 0; bytes < 20000; bytes += 7) std::memset(pool.allocate(bytes), 1, bytes);
        (void)pool.allocate(64, 4096);
        pool.release();
        CHECK(upstream.blocks_in_use() == 0);
    }
    (void)pool.allocate(1);
}

TEST_CASE("chunks that are wholly free serve other sizes, and go at trim") {
    test_resource      upstream;
    pool_resource      pool(&upstream);
    std::vector<void*> blocks(100000);
    for (void*& block : blocks) block = pool.allocate(32);
    const std::size_t chunks = pool.usage().chunks;
    for (void* block : blocks) pool.deallocate(block, 32);
    CHECK(pool.usage().chunks == chunks);
    CHECK(pool.usage().idle_chunks == chunks);
    blocks.resize(40000);
    for (void*& block : blocks) block = pool.allocate(72);
    CHECK(pool.usage().chunks <= chunks + 1);  // of 80 bytes each: the same memory, but for a chunk that the first size keeps at hand
    for (std::size_t i = 0; i != blocks.size(); ++i)
        if (i % 20 != 0) pool.deallocate(blocks[i], 72);
    pool.trim();
    CHECK(pool.usage().idle_chunks == 0);
    CHECK(pool.usage().live_blocks == blocks.size() / 20);
    CHECK(pool.usage().chunks <= chunks);
    for (std::size_t i = 0; i != blocks.size(); i += 20) pool.deallocate(blocks[i], 72);
    pool.trim();
    CHECK(pool.usage().chunks == 0);
}

TEST_CASE("of 5 percent that survive, only their chunks stay") {
    test_resource      upstream;
    pool_resource      pool(&upstream);
    std::vector<void*> blocks(60000);
    for (void*& block : blocks) block = pool.allocate(256);
    const std::size_t full = in_use(upstream);
    for (std::size_t i = 0; i != blocks.size(); ++i)
        if (i >= blocks.size() / 20) pool.deallocate(blocks[i], 256);  // the first ones live
    pool.trim();
    CHECK(pool.usage().idle_chunks == 0);
    CHECK(in_use(upstream) < full / 15);
}

TEST_CASE("a chunk that is all there is for some size serves another when the upstream has no more") {
    test_resource upstream;
    pool_resource pool(&upstream);
    pool.deallocate(pool.allocate(64), 64);
    upstream.set_allocation_limit(0, test_resource::after_limit::refuse);
    void* const other = pool.allocate(640);
    pool.deallocate(other, 640);
    void* const back = pool.allocate(64);
    pool.deallocate(back, 64);
}

TEST_CASE("chunks are as large as was asked for, and blocks up to an eighth of that are pooled") {
    for (std::size_t wanted : {0, 1, 1000, 1024, 3000, 4096, 16384, 65536, 262144, 4194304, 100000000}) {
        test_resource     upstream;
        pool_resource     pool(pool_options{wanted}, &upstream);
        const std::size_t chunk = chunk_heap::sound_chunk_bytes(wanted);
        CHECK(chunk >= std::min<std::size_t>(wanted, 4 << 20));
        CHECK((chunk & (chunk - 1)) == 0);
        std::vector<std::pair<unsigned char*, std::size_t>> blocks;
        for (std::size_t bytes = 0; bytes < chunk / 4; bytes += 1 + bytes / 5)
            for (int i = 0; i != 20; ++i) {
                auto* const block = static_cast<unsigned char*>(pool.allocate(bytes));
                REQUIRE(reinterpret_cast<std::uintptr_t>(block) % 16 == 0);
                std::memset(block, static_cast<int>(bytes), bytes);
                blocks.emplace_back(block, bytes);
            }
        const auto large = std::count_if(blocks.begin(), blocks.end(), [&](auto& one) { return one.second > chunk / 8; });
        CHECK(pool.usage().large_blocks == static_cast<std::size_t>(large));
        std::shuffle(blocks.begin(), blocks.end(), std::mt19937(1));
        for (auto [block, bytes] : blocks) {
            REQUIRE(std::all_of(block, block + bytes, [b = bytes](unsigned char c) { return c == static_cast<unsigned char>(b); }));
            pool.deallocate(block, bytes);
        }
        CHECK(pool.usage().live_blocks + pool.usage().large_blocks == 0);
    }
}

TEST_CASE("bad requests are refused and change nothing") {
    test_resource    upstream;
    pool_resource    pool(&upstream);
    void* const      kept = pool.allocate(8);
    const pool_usage before = pool.usage();
    for (std::size_t alignment : {std::size_t{0}, std::size_t{3}, std::size_t{24}, std::size_t{65}, SIZE_MAX})
        for (std::size_t bytes : {0, 1, 8, 1000, 5000, 100000}) CHECK_THROWS_AS(pool.allocate(bytes, alignment), bad_alignment);
    for (std::size_t bytes : {SIZE_MAX, SIZE_MAX - 15, std::size_t{PTRDIFF_MAX}, std::size_t{PTRDIFF_MAX} + 1})
        for (std::size_t alignment : {1, 16, 4096}) CHECK_THROWS_AS(pool.allocate(bytes, alignment), std::bad_alloc);
    CHECK_THROWS_AS(pool.allocate(1, std::size_t{1} << 40), std::bad_alloc);
    CHECK_THROWS_AS(pool.allocate(1, std::size_t{1} << 63), std::bad_alloc);
    const pool_usage after = pool.usage();
    CHECK(after.live_blocks == before.live_blocks);
    CHECK(after.large_blocks == 0);
    pool.deallocate(kept, 8);
}

TEST_CASE("an upstream that fails at any call leaves a pool as it was") {
    bool more = true;
    for (long long n = 0; more; ++n) {
        test_resource      upstream;
        pool_resource      pool(&upstream);
        std::vector<void*> small, large;
        upstream.set_allocation_limit(n);
        for (int i = 0; i != 300; ++i) {
            const pool_usage before = pool.usage();
            try {
                if (i % 3 == 0) large.push_back(pool.allocate(9000 + static_cast<std::size_t>(i)));
                else small.push_back(pool.allocate(1500));
            } catch (const std::bad_alloc&) {
                CHECK(pool.usage().live_blocks == before.live_blocks);
                CHECK(pool.usage().large_blocks == before.large_blocks);
                if (i % 3 == 0) large.push_back(nullptr);
            }
        }
        more = upstream.refusals() != 0;
        for (std::size_t i = 0; i != large.size(); ++i)
            if (large[i] != nullptr) pool.deallocate(large[i], 9000 + 3 * i);
        for (void* block : small) pool.deallocate(block, 1500);
        CHECK(pool.usage().live_blocks == 0);
        pool.release();
        CHECK(upstream.blocks_in_use() == 0);
    }
}

TEST_CASE("misuse at deallocation is reported with what was expected and given, and changes nothing") {
    counted_faults        seen;
    test_resource upstream;
    pool_resource pool(&upstream), other(&upstream);
    int           stranger = 0;
    pool.deallocate(&stranger, sizeof stranger);  // never used
    CHECK(seen.last.kind == fault_kind::foreign_pointer);

    void* const small = pool.allocate(100);
    void* const large = pool.allocate(20000);
    void* const others = other.allocate(100);
    pool.deallocate(small, 300);
    CHECK(seen.last.kind == fault_kind::wrong_size);
    CHECK(seen.last.address == small);
    CHECK(seen.last.expected_bytes == 112);
    CHECK(seen.last.given_bytes == 300);
    CHECK(std::string_view(seen.last.resource) == "pool");
    pool.deallocate(small, 30000);
    CHECK(seen.last.kind == fault_kind::wrong_size);
    pool.deallocate(large, 20001);
    CHECK(seen.last.kind == fault_kind::wrong_size);
    CHECK(seen.last.expected_bytes == 20000);
    pool.deallocate(large, 20000, 64);
    CHECK(seen.last.kind == fault_kind::wrong_alignment);
    pool.deallocate(others, 100);
    CHECK(seen.last.kind == fault_kind::foreign_pointer);
    CHECK(seen.count == 6);
    CHECK(pool.usage().live_blocks == 1);
    CHECK(pool.usage().large_blocks == 1);

    void* const twice = pool.allocate(48);
    pool.deallocate(twice, 48);
    pool.deallocate(twice, 48);
    CHECK(seen.last.kind == fault_kind::double_free);
    CHECK(seen.count == 7);
    pool.deallocate(small, 100);
    pool.deallocate(large, 20000);
    other.deallocate(others, 100);
    CHECK(seen.count == 7);
}

TEST_CASE("containers live and die on a pool") {
    test_resource upstream;
    pool_resource pool(&upstream);
    for (int round = 0; round != 3; ++round) {
        std::pmr::map<int, std::pmr::string>      names(&pool);
        std::pmr::list<std::pmr::vector<double>> rows(&pool);
        for (int i = 0; i != 3000; ++i) {
            names[i * 7919 % 3001].assign(static_cast<std::size_t>(i % 200), 'x');
            rows.emplace_back(static_cast<std::size_t>(i % 50), 1.5);
            if (i % 3 == 0) rows.pop_front();
        }
        for (int i = 0; i != 1500; ++i) names.erase(i * 2);
    }
    CHECK(pool.usage().live_blocks + pool.usage().large_blocks == 0);
    pool.trim();
    CHECK(pool.usage().chunks == 0);
}

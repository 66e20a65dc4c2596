#include <autopmr/pools/arena_resource.hpp>

#include "support/catch.hpp"

#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <new>
#include <random>
#include <string>
#include <utility>
#include <vector>

using namespace autopmr;

namespace {

/// Remembers what it was asked for; refuses from the n-th request on.
class recording_upstream final : public std::pmr::memory_resource {
public:
    std::vector<std::size_t> asked;
    std::size_t              live = 0;
    bool                     mismatch = false;

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        if (bytes > std::size_t{1} << 30) throw std::bad_alloc();
        void* const block = std::pmr::new_delete_resource()->allocate(bytes, alignment);
        asked.push_back(bytes);
        sizes_.emplace_back(block, bytes);
        ++live;
        return block;
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        for (auto& [known, size] : sizes_)
            if (known == block) {
                mismatch = mismatch || size != bytes || alignment != arena_resource::granule;
                known = nullptr;
                std::memset(block, 0xDD, bytes);  // all of it may be touched again
                std::pmr::new_delete_resource()->deallocate(block, bytes, alignment);
                --live;
                return;
            }
        mismatch = true;
    }
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

    std::vector<std::pair<void*, std::size_t>> sizes_;
};

char* take(std::pmr::memory_resource& from, std::size_t bytes, std::size_t alignment = 8) {
    char* const block = static_cast<char*>(from.allocate(bytes, alignment));
    REQUIRE(reinterpret_cast<std::uintptr_t>(block) % alignment == 0);
    std::memset(block, 0x5A, bytes);
    return block;
}

/// Small and large, of all alignments; the same each time.
void load(arena_resource& arena, unsigned seed = 1) {
    std::mt19937 roll(seed);
    for (int i = 0; i != 500; ++i) {
        const std::size_t bytes = roll() % 50 == 0 ? roll() % 30000 : roll() % 200;
        take(arena, bytes, std::size_t{1} << (roll() % 20 == 0 ? roll() % 13 : roll() % 5));
    }
}

constexpr arena_options small_chunks{256, 4096};

}  // namespace

TEST_CASE("after reset the same load asks nothing of the upstream") {
    recording_upstream upstream;
    arena_resource     arena(small_chunks, &upstream);
    load(arena);
    const arena_usage before = arena.now();
    const auto        asked = upstream.asked.size();
    CHECK(before.chunks == asked);
    for (int round = 0; round != 3; ++round) {
        arena.reset();
        CHECK(arena.now().used == 0);
        CHECK(arena.now().reserved == before.reserved);
        load(arena);
        CHECK(arena.now().used == before.used);
    }
    CHECK(upstream.asked.size() == asked);
    arena.reset();
    load(arena, 2);  // another load finds most of what it needs
    CHECK(upstream.asked.size() < 2 * asked);
    arena.release();
    CHECK(upstream.live == 0);
    CHECK(arena.now().reserved == 0);
    CHECK(arena.now().chunks == 0);
    const auto at_release = upstream.asked.size();
    load(arena);  // and goes on after that, with chunks as at its beginning
    CHECK(upstream.asked[at_release] == small_chunks.first_chunk);
    CHECK_FALSE(upstream.mismatch);
}

TEST_CASE("its end gives everything back, blocks or not") {
    recording_upstream upstream;
    {
        arena_resource arena(small_chunks, &upstream);
        load(arena);
        const auto mark = arena.mark();
        load(arena, 3);
        arena.rollback(mark);
    }
    CHECK(upstream.live == 0);
    CHECK_FALSE(upstream.mismatch);
}

TEST_CASE("chunks double up to the cap, and what is larger has one of its own") {
    recording_upstream upstream;
    arena_resource     arena(arena_options{1024, 4096}, &upstream);
    for (int i = 0; i != 200; ++i) take(arena, 100);
    REQUIRE(upstream.asked.size() >= 5);
    CHECK(std::vector<std::size_t>(upstream.asked.begin(), upstream.asked.begin() + 5) ==
          std::vector<std::size_t>{1024, 2048, 4096, 4096, 4096});
    const auto        asked = upstream.asked.size();
    char* const       before = take(arena, 8);
    const char* const large = take(arena, 100000);
    CHECK(upstream.asked.size() == asked + 1);
    CHECK(upstream.asked.back() >= 100000);
    CHECK(upstream.asked.back() < 100200);
    char* const after = take(arena, 8);  // the chunk goes on where it was
    CHECK(after > before);
    CHECK(after - before < 100);
    CHECK(large != nullptr);
}

TEST_CASE("odd options are made to fit") {
    for (std::size_t first : {std::size_t{0}, std::size_t{1}, std::size_t{1000}, SIZE_MAX})
        for (std::size_t cap : {std::size_t{0}, std::size_t{1}, std::size_t{777}, std::size_t{100000}}) {
            recording_upstream upstream;
            arena_resource     arena(arena_options{first, cap}, &upstream);
            load(arena);
            arena.release();
            CHECK(upstream.live == 0);
            CHECK_FALSE(upstream.mismatch);
        }
    recording_upstream upstream;
    arena_resource     no_cap(arena_options{256, SIZE_MAX}, &upstream);
    load(no_cap);
    CHECK_THROWS_AS(no_cap.allocate(PTRDIFF_MAX / 2, 8), std::bad_alloc);
    take(no_cap, 10);
}

TEST_CASE("a buffer is used first, whatever its shape, and never given to the upstream") {
    alignas(64) static char buffer[1024];
    for (std::size_t offset = 0; offset != 33; ++offset)
        for (std::size_t size : {0, 1, 15, 16, 17, 31, 47, 100, 900}) {
            recording_upstream upstream;
            {
                arena_resource arena(buffer + offset, size, small_chunks, &upstream);
                const char*    first = take(arena, 16, 1);
                const bool     inside = first >= buffer + offset && first + 16 <= buffer + offset + size;
                CHECK(inside == upstream.asked.empty());
                if (size >= 100) CHECK(inside);
                load(arena);
                arena.reset();
                CHECK(take(arena, 16, 1) == first);
            }
            CHECK(upstream.live == 0);
            CHECK_FALSE(upstream.mismatch);
            std::memset(buffer, 1, sizeof buffer);  // it is all ours again
        }
    arena_resource only(buffer, sizeof buffer, std::pmr::null_memory_resource());
    take(only, 512);
    CHECK_THROWS_AS(only.allocate(1024), std::bad_alloc);
    take(only, 128);
    arena_resource none(nullptr, 0);
    take(none, 10);
}

TEST_CASE("the last block comes back, others stay") {
    recording_upstream upstream;
    arena_resource     arena(&upstream);
    char* const        first = take(arena, 40);
    char* const        second = take(arena, 24);
    arena.deallocate(first, 40, 8);
    CHECK(take(arena, 8) > second);
    char* const last = take(arena, 100);
    arena.deallocate(last, 100, 8);
    CHECK(take(arena, 50) == last);
    for (int i = 0; i != 100000; ++i) arena.deallocate(take(arena, 500), 500, 8);
    CHECK(upstream.asked.size() == 1);
}

TEST_CASE("the last block grows where it stands") {
    arena_resource arena(arena_options{4096, 4096});
    char* const    first = take(arena, 40);
    char* const    last = take(arena, 40);
    CHECK_FALSE(arena.grow(first, 40, 41));
    CHECK(arena.grow(first, 40, 20));
    CHECK(arena.grow(last, 40, 1000));
    CHECK(last[39] == 0x5A);
    std::memset(last, 2, 1000);
    char* const next = take(arena, 8);
    CHECK(next >= last + 1000);
    CHECK_FALSE(arena.grow(last, 1000, 1001));  // no longer the last
    CHECK(arena.grow(next, 8, 8));
    for (std::size_t bytes : {std::size_t{4096}, std::size_t{PTRDIFF_MAX}, SIZE_MAX - 100, SIZE_MAX})
        CHECK_FALSE(arena.grow(next, 8, bytes));
    CHECK(arena.grow(next, 8, 1));
    CHECK(arena.grow(next, 1, 100));
    char* const empty = static_cast<char*>(arena.allocate(0, 1));
    CHECK(arena.grow(empty, 0, 64));
    std::memset(empty, 3, 64);
    CHECK(arena.grow(empty, 64, 0));
    CHECK(take(arena, 1, 1) > empty);
    char* const own = take(arena, 10000);
    CHECK_FALSE(arena.grow(own, 10000, 10001));
    CHECK(arena.grow(own, 10000, 9000));
    CHECK(last[999] == 2);
}

TEST_CASE("rolling back ends what came after the mark and nothing else") {
    recording_upstream upstream;
    arena_resource     arena(small_chunks, &upstream);
    const auto         start = arena.mark();
    char* const        kept = take(arena, 100);
    const auto         mark = arena.mark();
    const std::size_t  used = arena.now().used;
    load(arena);
    const auto inner = arena.mark();
    load(arena, 2);
    const auto asked = upstream.asked.size();
    arena.rollback(inner);
    arena.rollback(inner);
    load(arena, 2);
    arena.rollback(mark);
    CHECK(arena.now().used == used);
    CHECK(std::string(kept, 100) == std::string(100, 0x5A));
    load(arena);
    load(arena, 2);
    CHECK(upstream.asked.size() == asked);
    arena.rollback(start);
    CHECK(arena.now().used == 0);
    CHECK(arena.now().chunks == asked);
    arena.trim();
    CHECK(upstream.live == 0);
}

TEST_CASE("trimming gives back what holds nothing") {
    recording_upstream upstream;
    arena_resource     arena(small_chunks, &upstream);
    char* const        kept = take(arena, 100);
    const auto         mark = arena.mark();
    load(arena);
    arena.trim();
    CHECK(upstream.live == upstream.asked.size());  // all hold something
    arena.rollback(mark);
    arena.trim();
    CHECK(upstream.live == 1);
    CHECK(arena.now().chunks == 1);
    CHECK(kept[99] == 0x5A);
    load(arena);
}

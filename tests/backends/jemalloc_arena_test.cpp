#include <autopmr/backends/jemalloc.hpp>
#include <autopmr/backends/jemalloc_arena.hpp>
#include <autopmr/errors.hpp>

#include "backends/checks.hpp"

#include <thread>

using namespace autopmr;

TEST_CASE("an arena serves any thread and drops everything at once") {
    if (absent(jemalloc_backend)) return;
    constexpr std::size_t block = 100'000, count = 200;
    const auto            before = jemalloc_backend.usage();
    {
        jemalloc_arena_resource arena;
        REQUIRE(arena.why_not().empty());
        auto fill = [&] {
            for (std::size_t i = 0; i != count / 2; ++i) std::memset(arena.allocate(block), 1, block);
        };
        std::thread other(fill);
        fill();
        other.join();
        CHECK(jemalloc_backend.usage().in_use >= before.in_use + block * count);
    }
    CHECK(jemalloc_backend.usage().in_use < before.in_use + block * count / 2);
}

TEST_CASE("a block of an arena is freed by another thread") {
    if (absent(jemalloc_backend)) return;
    jemalloc_arena_resource arena;
    void*                   block = arena.allocate(5000, 4096);
    CHECK(reinterpret_cast<std::uintptr_t>(block) % 4096 == 0);
    std::thread([&] { arena.deallocate(block, 5000, 4096); }).join();
    void* nothing = arena.allocate(0, 1);
    CHECK(nothing != nullptr);
    arena.deallocate(nothing, 0, 1);
    arena.trim();
}

TEST_CASE("arenas refuse what can't be") {
    if (absent(jemalloc_backend)) return;
    jemalloc_arena_resource arena;
    CHECK_THROWS_AS(arena.allocate(1, 3), bad_alignment);
    CHECK_THROWS_AS(arena.allocate(SIZE_MAX, 8), out_of_memory);
    CHECK_FALSE(arena.is_equal(jemalloc_backend.resource()));
}

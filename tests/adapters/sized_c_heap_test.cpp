#include <autopmr/adapters/sized_c_heap.hpp>

#include <cstdint>
#include <cstring>
#include <random>
#include <utility>
#include <vector>

#include "tests/adapters/support/each_failure.hpp"
#include "tests/support/catch.hpp"

using autopmr::sized_c_heap;
using autopmr_test::outcome;
using autopmr_test::traffic;

TEST_CASE("a heap that is told sizes puts nothing before a block") {
    traffic      at;
    sized_c_heap heap(&at);
    void* const  block = heap.malloc(48);
    void* const  none = heap.malloc(0);
    CHECK(at.now().bytes == 48 + 16);
    CHECK(block != none);
    CHECK(none != nullptr);
    CHECK(heap.malloc(SIZE_MAX) == nullptr);
    CHECK(heap.malloc(PTRDIFF_MAX) == nullptr);
    CHECK(heap.realloc(block, 48, SIZE_MAX - 3) == nullptr);
    heap.free(block, 48);
    heap.free(none, 0);
    heap.free(nullptr, 0);
    CHECK(at.settled());
}

TEST_CASE("a block that could not move to become smaller comes back with what it really holds") {
    traffic      at;
    sized_c_heap heap(&at);
    void*        first = heap.malloc(1000);
    void*        second = heap.malloc(1000);
    void*        third = heap.malloc(64);
    std::memset(first, 1, 1000);
    std::memset(second, 2, 1000);
    at.refuse(1, true);
    CHECK(heap.realloc(first, 1000, 200) == first);
    CHECK(heap.realloc(second, 1000, 999) == second);
    CHECK(heap.realloc(second, 999, 10) == second);
    CHECK(heap.realloc(first, 200, 0) == first);  // again: remembered anew
    CHECK(heap.realloc(third, 64, 128) == nullptr);
    at.refuse(0);
    second = heap.realloc(second, 10, 2000);
    REQUIRE(second != nullptr);
    CHECK(static_cast<char*>(second)[9] == 2);
    heap.free(first, 0);
    heap.free(third, 64);
    heap.free(second, 2000);
    CHECK(at.settled());
}

TEST_CASE("whatever the upstream refuses, a heap that is told sizes keeps its books, and only growing fails") {
    for (const bool and_all_after : {false, true}) {
        traffic    at;
        const auto load = [](traffic& upstream) {
            sized_c_heap                               heap(&upstream);
            std::mt19937                               random(8);
            std::vector<std::pair<void*, std::size_t>> blocks(40);
            bool                                       refused = false;
            for (int step = 0; step < 600; ++step) {
                auto& [block, size] = blocks[random() % blocks.size()];
                const std::size_t bytes = random() % 900;
                if (step % 5 == 0) {
                    heap.free(std::exchange(block, nullptr), std::exchange(size, 0));
                } else if (void* moved = heap.realloc(block, size, bytes)) {
                    block = std::memset(moved, 3, bytes);
                    size = bytes;
                } else {
                    REQUIRE((block == nullptr || bytes > size));
                    refused = true;
                }
            }
            for (auto [block, size] : blocks) heap.free(block, size);
            return refused ? outcome::out_of_memory : outcome::served;
        };
        const auto got = autopmr_test::each_failure(at, load, [](std::size_t) { return false; }, and_all_after);
        CHECK(got.traffic > 100);
        CHECK(got.errors > 50);
        CHECK(at.settled());
    }
}

#include <autopmr/adapters/c_heap.hpp>
#include <autopmr/autopmr.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

#include "tests/adapters/support/each_failure.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/faults.hpp"

using autopmr::c_heap;
using autopmr_test::outcome;
using autopmr_test::traffic;

namespace {

/// Throws what is no bad_alloc at all.
struct rude final : std::pmr::memory_resource {
    void* do_allocate(std::size_t, std::size_t) override { throw 42; }
    void  do_deallocate(void*, std::size_t, std::size_t) override {}
    bool  do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
};

/// Forgets what was freed, so that a test may look at it.
struct keeper final : std::pmr::memory_resource {
    std::pmr::monotonic_buffer_resource memory;
    void* do_allocate(std::size_t bytes, std::size_t alignment) override { return memory.allocate(bytes, alignment); }
    void  do_deallocate(void*, std::size_t, std::size_t) override { ++freed; }
    bool  do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
    int   freed = 0;
};

bool is_aligned(const void* block, std::size_t alignment) { return reinterpret_cast<std::uintptr_t>(block) % alignment == 0; }

}  // namespace

TEST_CASE("a C heap does what the C library does, one block of the upstream for one of its own") {
    traffic at;
    c_heap  heap(&at);
    void*   nothing = heap.malloc(0);
    void*   also = heap.malloc(0);
    CHECK(nothing != nullptr);
    CHECK(nothing != also);
    char* text = heap.strdup("seventeen letters");
    REQUIRE(text != nullptr);
    CHECK(std::string(text) == "seventeen letters");
    CHECK(heap.usable_size(text) >= 18);
    CHECK(heap.usable_size(nullptr) == 0);
    auto* zeroed = static_cast<unsigned char*>(heap.calloc(33, 3));
    REQUIRE(zeroed != nullptr);
    CHECK(std::all_of(zeroed, zeroed + 99, [](unsigned char c) { return c == 0; }));
    CHECK(at.now().allocations == 4);
    CHECK(at.now().bytes == 0 + 0 + 18 + 99 + 4 * 16);
    for (void* block : {nothing, also, static_cast<void*>(text), static_cast<void*>(zeroed)}) {
        CHECK(is_aligned(block, 16));
        heap.free(block);
    }
    heap.free(nullptr);
    CHECK(at.settled());
}

TEST_CASE("an aligned block is freed and moved as the others are") {
    traffic at;
    c_heap  heap(&at);
    for (std::size_t alignment = 1; alignment <= 65536; alignment *= 2) {
        void* block = heap.aligned_alloc(alignment, 100);
        REQUIRE(block != nullptr);
        CHECK(is_aligned(block, std::max<std::size_t>(alignment, 16)));
        std::memset(block, 7, 100);
        block = heap.realloc(block, 5000);
        REQUIRE(block != nullptr);
        CHECK(is_aligned(block, alignment));
        CHECK(static_cast<char*>(block)[99] == 7);
        heap.free(block);
    }
    CHECK(heap.aligned_alloc(0, 1) == nullptr);
    CHECK(heap.aligned_alloc(24, 1) == nullptr);
    CHECK(at.settled());
}

TEST_CASE("what is no size is null, not a small block") {
    traffic           at;
    c_heap            heap(&at);
    const std::size_t most = std::numeric_limits<std::size_t>::max();
    CHECK(heap.malloc(most) == nullptr);
    CHECK(heap.malloc(most - 8) == nullptr);
    CHECK(heap.malloc(PTRDIFF_MAX) == nullptr);
    CHECK(heap.calloc(most / 2 + 1, 2) == nullptr);
    CHECK(heap.calloc(std::size_t{1} << 33, std::size_t{1} << 33) == nullptr);
    CHECK(heap.aligned_alloc(64, PTRDIFF_MAX - 8) == nullptr);
    CHECK(heap.aligned_alloc(std::size_t{1} << 63, 8) == nullptr);
    void* block = heap.malloc(10);
    CHECK(heap.realloc(block, most) == nullptr);
    heap.free(block);
    CHECK(at.now().allocations == 1);
    void* none = heap.calloc(0, most);
    CHECK(none != nullptr);
    heap.free(none);
    CHECK(at.settled());
}

TEST_CASE("no exception leaves a C heap, and a refused realloc leaves the block") {
    rude   rude_one;
    c_heap over_rude(&rude_one);
    CHECK(over_rude.malloc(1) == nullptr);
    CHECK(over_rude.calloc(1, 1) == nullptr);
    CHECK(over_rude.strdup("x") == nullptr);

    traffic at;
    c_heap  heap(&at);
    char*   block = heap.strdup("kept");
    at.refuse(1);
    CHECK(heap.realloc(block, 10000) == nullptr);
    CHECK(std::string(block) == "kept");
    heap.free(block);
    CHECK(at.settled());
}

TEST_CASE("making a block smaller never fails") {
    traffic at;
    c_heap  heap(&at);
    void*   block = heap.malloc(10000);
    std::memset(block, 9, 10000);
    at.refuse(1, true);
    for (const std::size_t bytes : {9999u, 4000u, 17u, 1u, 0u}) {
        block = heap.realloc(block, bytes);
        REQUIRE(block != nullptr);
        if (bytes != 0) CHECK(static_cast<char*>(block)[bytes - 1] == 9);
    }
    at.refuse(0);
    block = heap.realloc(block, 1);  // and now it really is given back
    heap.free(block);
    CHECK(at.settled());
}

TEST_CASE("a pointer that is not of this heap, and one that was freed, are faults and change nothing") {
    keeper                       memory;
    c_heap                       heap(&memory), other(&memory);
    autopmr_test::counted_faults faults;
    alignas(16) char             mine[64] = {};
    heap.free(mine + 32);
    CHECK(faults.count == 1);
    CHECK(faults.last.kind == autopmr::fault_kind::foreign_pointer);
    heap.free(mine + 33);
    CHECK(faults.count == 2);
    CHECK(heap.realloc(mine + 32, 8) == nullptr);
    CHECK(heap.usable_size(mine + 32) == 0);
    CHECK(faults.count == 4);

    void* block = heap.malloc(40);
    CHECK(heap.owns(block));
    CHECK_FALSE(other.owns(block));
    CHECK_FALSE(heap.owns(mine + 32));
    other.free(block);
    CHECK(faults.count == 5);
    CHECK(faults.last.kind == autopmr::fault_kind::foreign_pointer);
    CHECK(memory.freed == 0);
    heap.free(block);
    CHECK(memory.freed == 1);
    CHECK(heap.owns(block));  // so that who asks first has the fault here
    heap.free(block);
    CHECK(faults.count == 6);
    CHECK(faults.last.kind == autopmr::fault_kind::double_free);
    CHECK(faults.last.expected_bytes == 40);
    CHECK(memory.freed == 1);
}

TEST_CASE("whose a block is can be asked of one that lies where memory begins, and of none") {
    const std::size_t page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    auto* const       pages = static_cast<std::byte*>(::mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    REQUIRE(pages != MAP_FAILED);
    REQUIRE(::mprotect(pages, page, PROT_NONE) == 0);
    const c_heap heap;
    CHECK_FALSE(heap.owns(pages + page));
    CHECK_FALSE(heap.owns(pages + page + 17));
    CHECK_FALSE(heap.owns(pages + page + 32));
    ::munmap(pages, 2 * page);
}

TEST_CASE("whatever the upstream refuses, a C heap keeps its books") {
    traffic    at;
    const auto got = autopmr_test::each_failure(at, [](traffic& upstream) {
        c_heap             heap(&upstream);
        std::mt19937       random(5);
        std::vector<void*> blocks(40);
        bool               refused = false;
        for (int step = 0; step < 400; ++step) {
            void*&            block = blocks[random() % blocks.size()];
            const std::size_t bytes = random() % 700;
            if (step % 3 == 0) {
                heap.free(block);
                block = nullptr;
            } else if (void* moved = heap.realloc(block, bytes)) {
                block = moved;
                std::memset(block, 3, bytes);
            } else {
                refused = true;
            }
        }
        for (void* block : blocks) heap.free(block);
        return refused ? outcome::out_of_memory : outcome::served;
    });
    CHECK(got.traffic > 100);
    CHECK(got.errors > 50);
    CHECK(at.settled());
}

#include <autopmr/backends/mimalloc.hpp>
#include <autopmr/backends/mimalloc_heap.hpp>
#include <autopmr/errors.hpp>

#include "backends/checks.hpp"

#include <memory>
#include <thread>

using namespace autopmr;

namespace {
bool owned_by_a_thread() { return mimalloc_backend.version() < std::string_view("3"); }
}  // namespace

TEST_CASE("a heap serves the thread that made it and drops everything at once") {
    if (absent(mimalloc_backend)) return;
    mimalloc_heap_resource heap;
    REQUIRE(heap.why_not().empty());
    for (std::size_t alignment = 1; alignment <= 65536; alignment *= 2) {
        for (std::size_t bytes : {std::size_t{8}, alignment, 2 * alignment}) {
            void* block = heap.allocate(bytes, alignment);
            CHECK(reinterpret_cast<std::uintptr_t>(block) % alignment == 0);
        }
    }
    CHECK_THROWS_AS(heap.allocate(1, 0), bad_alignment);
    CHECK_THROWS_AS(heap.allocate(SIZE_MAX, 8), out_of_memory);
}

TEST_CASE("another thread may free but, before version 3, not allocate") {
    if (absent(mimalloc_backend)) return;
    mimalloc_heap_resource heap;
    void*                  block = heap.allocate(100);
    bool                   refused = false;
    std::thread([&] {
        heap.deallocate(block, 100);
        try {
            heap.deallocate(heap.allocate(100), 100);
        } catch (const wrong_thread&) {
            refused = true;
        }
    }).join();
    CHECK(refused == owned_by_a_thread());
}

TEST_CASE("a later thread does not pass for an owner that has ended") {
    if (absent(mimalloc_backend) || !owned_by_a_thread()) return;
    std::unique_ptr<mimalloc_heap_resource> heap;
    std::thread([&] { heap = std::make_unique<mimalloc_heap_resource>(); }).join();
    int refused = 0;
    for (int i = 0; i != 20; ++i)
        std::thread([&] {
            try {
                (void)heap->allocate(100);
            } catch (const wrong_thread&) {
                ++refused;
            }
        }).join();
    CHECK(refused == 20);
    heap.reset();  // on a thread that is not the owner: nothing is touched
}

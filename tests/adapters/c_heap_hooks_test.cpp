#include <autopmr/adapters/c_heap_hooks.hpp>

#include <climits>
#include <cstdint>
#include <cstring>

#include "tests/adapters/support/traffic.hpp"
#include "tests/support/catch.hpp"

using autopmr::c_heap;
using autopmr::c_heap_hooks;

TEST_CASE("hooks with a context are the functions of the heap that the context is") {
    autopmr_test::traffic at;
    c_heap                heap(&at);
    void* (*allocate)(void*, std::size_t) = c_heap_hooks::malloc;
    void* (*of_ints)(void*, int, int) = c_heap_hooks::items<int>;
    void (*release)(void*, void*) = c_heap_hooks::free;
    void* const block = allocate(&heap, 100);
    void* const many = of_ints(&heap, 7, 30);
    auto* const zeroed = static_cast<char*>(c_heap_hooks::zeroed(&heap, 50));
    CHECK(at.now().live == 3);
    CHECK(heap.usable_size(many) == 210);
    CHECK(zeroed[49] == 0);
    for (void* one : {block, many, static_cast<void*>(zeroed), static_cast<void*>(nullptr)}) release(&heap, one);
    CHECK(at.settled());
}

TEST_CASE("numbers that make no size are null, and none of a kind is a block") {
    autopmr_test::traffic at;
    c_heap                heap(&at);
    CHECK(c_heap_hooks::items<int>(&heap, -1, 1) == nullptr);
    CHECK(c_heap_hooks::items<std::size_t>(&heap, SIZE_MAX / 2, 3) == nullptr);
    CHECK(c_heap_hooks::items<std::size_t>(&heap, 3, SIZE_MAX / 2) == nullptr);
    void* const none = c_heap_hooks::items<unsigned>(&heap, 0, UINT_MAX);
    CHECK(none != nullptr);
    c_heap_hooks::free(&heap, none);
    at.refuse(2);
    void* const block = c_heap_hooks::or_throw(heap.malloc(9), 9, "a library");
    CHECK_THROWS_AS(c_heap_hooks::or_throw(heap.malloc(9), 9, "a library"), autopmr::out_of_memory);
    c_heap_hooks::free(&heap, block);
    at.refuse(1);
    CHECK(c_heap_hooks::items<unsigned>(&heap, 3, 3) == nullptr);
    CHECK(at.settled());
}

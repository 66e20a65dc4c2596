#include <autopmr/backends/fixed_heap.hpp>

#include "src/support/direct.hpp"

namespace autopmr {
namespace {

struct library {
    static constinit inline malloc_by_alignment<library> small;

    static std::string_view why_not() noexcept { return "not built: fixed_heap comes with the fixed-size pools"; }
    static void*            aligned(std::size_t, std::size_t) noexcept { return nullptr; }
    static void             release(void*, std::size_t, std::size_t) noexcept {}
};
using calls = direct<fixed_heap_backend, library>;

constinit immortal<fixed_heap_resource> instance;

}  // namespace

template <>
void* fixed_heap_resource::do_allocate(std::size_t bytes, std::size_t alignment) {
    return calls::allocate(bytes, alignment);
}
template <>
void fixed_heap_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    calls::deallocate(block, bytes, alignment);
}

constinit const backend fixed_heap_backend{
    .name = "fixed_heap",
    .what = "one fixed region, for machines without an operating system",
    .why_not = library::why_not,
    .resource = []() noexcept -> std::pmr::memory_resource& { return instance.resource; },
    .allocate = calls::allocate,
    .deallocate = calls::deallocate,
};

}  // namespace autopmr

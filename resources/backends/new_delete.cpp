#include <autopmr/backends/new_delete.hpp>

#include <new>

#include "src/support/direct.hpp"

namespace autopmr {
namespace {

// The throwing forms: they are the ones that programs replace; the nothrow ones need not lead there.
template <class... Alignment>
void* from_operator_new(std::size_t bytes, Alignment... alignment) {
    if (bytes > PTRDIFF_MAX / 2) return nullptr;  // no machine has it, and a sanitizer's operator new would end the program
    try {
        return ::operator new(bytes, alignment...);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

struct library {
    static constinit inline malloc_by_alignment<library> small{from_operator_new<>};

    static std::string_view why_not() noexcept { return {}; }
    static void* aligned(std::size_t bytes, std::size_t alignment) { return from_operator_new(bytes, std::align_val_t(alignment)); }
    static void release(void* block, std::size_t, std::size_t alignment) noexcept {
        if (alignment > largest_small_alignment) ::operator delete(block, std::align_val_t(alignment));
        else ::operator delete(block);
    }
};
using calls = direct<new_delete_backend, library>;

constinit immortal<new_delete_resource> instance;

}  // namespace

constinit const backend new_delete_backend{
    .name = "new_delete",
    .what = "the program's operator new and delete",
    .why_not = library::why_not,
    .resource = []() noexcept -> std::pmr::memory_resource& { return instance.resource; },
    .allocate = calls::allocate,
    .deallocate = calls::deallocate,
};
template class backend_resource<new_delete_backend>;

}  // namespace autopmr

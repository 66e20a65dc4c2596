#pragma once
/// \file
/// Microsoft's mimalloc, from its own shared library, beside the process's malloc.
///
/// The default for throughput: fastest in most loads measured. Not for the lowest memory after a phase of large blocks, unless
/// trimmed. Any thread. Throws out_of_memory (also when the library is missing: see why_not) and bad_alignment.
///
/// A caller who knows the type `mimalloc_resource`, such as a fused stack, reaches mimalloc's own functions from here: the one
/// call in between would cost as much as a decorator.

#include <autopmr/backend.hpp>

#include <atomic>
#include <cstddef>

namespace autopmr {

extern const backend mimalloc_backend;
using mimalloc_resource = backend_resource<mimalloc_backend>;

/// The library's functions, once it is loaded; before that one that has nothing to give.
struct mimalloc_functions {
    std::atomic<void* (*)(std::size_t)> malloc;
    std::atomic<void (*)(void*)>        free;
};
extern mimalloc_functions mimalloc_direct;

template <>
inline void* mimalloc_resource::allocate(std::size_t bytes, std::size_t alignment) {
    // A small power of two, and a block that is as large: mimalloc aligns no better than the size. All else is do_allocate's.
    if (((alignment - 1) & (alignment | ~std::size_t{15})) == 0 && bytes >= alignment) {
        if (void* block = mimalloc_direct.malloc.load(std::memory_order_acquire)(bytes)) return block;
    }
    return do_allocate(bytes, alignment);
}
template <>
inline void mimalloc_resource::deallocate(void* block, std::size_t, std::size_t) {
    mimalloc_direct.free.load(std::memory_order_relaxed)(block);
}
extern template class backend_resource<mimalloc_backend>;

}  // namespace autopmr

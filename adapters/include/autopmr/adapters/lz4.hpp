#pragma once
/// \file
/// lz4 frames over a memory_resource: what a context or dictionary allocates comes from a c_heap, and is back after its
/// LZ4F_free function.
///
/// `LZ4F_createCompressionContext_advanced(lz4_memory(heap), LZ4F_VERSION)`, and so for each `_advanced` function. These are of the
/// part of lz4's interface that it calls unstable; the target defines LZ4F_STATIC_LINKING_ONLY, which shows it.
///
/// The heap must live as long as what is made with it. One stream is of one thread at a time, and so may be its resource. In a
/// forked child as the resource. Nothing throws: what the resource refuses is the library's own out-of-memory error. Sizes are
/// bytes.

#include <autopmr/adapters/c_heap_hooks.hpp>

#include <lz4frame.h>

namespace autopmr {

[[nodiscard]] inline LZ4F_CustomMem lz4_memory(c_heap& heap) noexcept {
    return {c_heap_hooks::malloc, c_heap_hooks::zeroed, c_heap_hooks::free, &heap};
}

}  // namespace autopmr

#pragma once
/// \file
/// zstd over a memory_resource: what a context or dictionary allocates comes from a c_heap, and is back after its ZSTD_free
/// function.
///
/// `ZSTD_createCCtx_advanced(zstd_memory(heap))`, and so for each `_advanced` function. These are of the part of zstd's interface
/// that it calls unstable; the target defines ZSTD_STATIC_LINKING_ONLY, which shows it.
///
/// The heap must live as long as what is made with it. One stream is of one thread at a time, and so may be its resource. With
/// ZSTD_c_nbWorkers the workers allocate, too: then the resource must be safe from any thread. In a forked child as the
/// resource. Nothing throws: what the resource refuses is the library's own out-of-memory error. Sizes are bytes.

#include <autopmr/adapters/c_heap_hooks.hpp>

#include <zstd.h>

namespace autopmr {

[[nodiscard]] inline ZSTD_customMem zstd_memory(c_heap& heap) noexcept {
    return {c_heap_hooks::malloc, c_heap_hooks::free, &heap};
}

}  // namespace autopmr

#pragma once
/// \file
/// liblzma over a memory_resource: what its streams and calls allocate comes from a c_heap, and is back after lzma_end.
///
/// `const lzma_allocator memory = lzma_memory(heap);`, then `stream.allocator = &memory;` or as the allocator of a call. It must live
/// as long as the stream.
///
/// The heap must live as long as what is made with it. One stream is of one thread at a time, and so may be its resource.
/// lzma_stream_encoder_mt allocates on its workers, too: then the resource must be safe from any thread. In a forked child as
/// the resource. Nothing throws: what the resource refuses is the library's own out-of-memory error. Sizes are bytes.

#include <autopmr/adapters/c_heap_hooks.hpp>

#include <lzma.h>

#include <cstddef>

namespace autopmr {

[[nodiscard]] inline lzma_allocator lzma_memory(c_heap& heap) noexcept {
    return {c_heap_hooks::items<std::size_t>, c_heap_hooks::free, &heap};
}

}  // namespace autopmr

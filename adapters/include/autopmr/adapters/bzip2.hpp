#pragma once
/// \file
/// bzip2 streams over a memory_resource: what a stream allocates comes from a c_heap, and is back after BZ2_bzCompressEnd or
/// BZ2_bzDecompressEnd.
///
/// `bz_stream stream = bzip2_stream(heap);`, then BZ2_bzCompressInit or BZ2_bzDecompressInit as ever.
///
/// The heap must live as long as what is made with it. One stream is of one thread at a time, and so may be its resource. In a
/// forked child as the resource. Nothing throws: what the resource refuses is the library's own out-of-memory error. Sizes are
/// bytes.

#include <autopmr/adapters/c_heap_hooks.hpp>

#include <bzlib.h>

namespace autopmr {

[[nodiscard]] inline bz_stream bzip2_stream(c_heap& heap) noexcept {
    bz_stream stream{};
    stream.bzalloc = c_heap_hooks::items<int>;
    stream.bzfree = c_heap_hooks::free;
    stream.opaque = &heap;
    return stream;
}

}  // namespace autopmr

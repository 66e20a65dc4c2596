#pragma once
/// \file
/// zlib streams over a memory_resource: what a stream allocates comes from a c_heap, and is back after deflateEnd or
/// inflateEnd.
///
/// `z_stream stream = zlib_stream(heap);`, then deflateInit, inflateInit, deflateInit2 or inflateInit2 as ever.
///
/// The heap must live as long as what is made with it. One stream is of one thread at a time, and so may be its resource. In a
/// forked child as the resource. Nothing throws: what the resource refuses is the library's own out-of-memory error. Sizes are
/// bytes.

#include <autopmr/adapters/c_heap_hooks.hpp>

#include <zlib.h>

namespace autopmr {

[[nodiscard]] inline z_stream zlib_stream(c_heap& heap) noexcept {
    z_stream stream{};
    stream.zalloc = c_heap_hooks::items<uInt>;
    stream.zfree = c_heap_hooks::free;
    stream.opaque = &heap;
    return stream;
}

}  // namespace autopmr

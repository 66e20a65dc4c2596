#pragma once
/// \file
/// brotli over a memory_resource: what an encoder or decoder allocates comes from a c_heap, and is back after its
/// DestroyInstance.
///
/// `BrotliEncoderState* encoder = brotli_encoder(heap);`; null is out of memory.
///
/// The heap must live as long as what is made with it. One stream is of one thread at a time, and so may be its resource. In a
/// forked child as the resource. Nothing throws: what the resource refuses is the library's own out-of-memory error. Sizes are
/// bytes.

#include <autopmr/adapters/c_heap_hooks.hpp>

#include <brotli/decode.h>
#include <brotli/encode.h>

namespace autopmr {

[[nodiscard]] inline BrotliEncoderState* brotli_encoder(c_heap& heap) noexcept {
    return BrotliEncoderCreateInstance(c_heap_hooks::malloc, c_heap_hooks::free, &heap);
}
[[nodiscard]] inline BrotliDecoderState* brotli_decoder(c_heap& heap) noexcept {
    return BrotliDecoderCreateInstance(c_heap_hooks::malloc, c_heap_hooks::free, &heap);
}

}  // namespace autopmr

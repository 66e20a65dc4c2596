#pragma once
/// \file
/// HTTP/2 sessions of nghttp2 over a memory_resource: what a session allocates comes from a c_heap, and is back after
/// nghttp2_session_del, but header texts that the program still holds by nghttp2_rcbuf_incref.
///
/// `nghttp2_mem memory = nghttp2_memory(heap);`, then nghttp2_session_client_new3, nghttp2_session_server_new3,
/// nghttp2_hd_deflate_new2 and the like with `&memory`, which they copy.
///
/// The heap must live as long as what is made with it. A session is of one thread at a time, and so may be its resource. In a
/// forked child as the resource. Nothing throws: what the resource refuses is NGHTTP2_ERR_NOMEM. Sizes are bytes.

#include <autopmr/adapters/c_heap_hooks.hpp>

#include <nghttp2/nghttp2.h>

#include <cstddef>

namespace autopmr {

[[nodiscard]] inline nghttp2_mem nghttp2_memory(c_heap& heap) noexcept {
    return {&heap, [](std::size_t bytes, void* of) { return c_heap_hooks::malloc(of, bytes); },
            [](void* block, void* of) { c_heap_hooks::free(of, block); },
            [](std::size_t n, std::size_t bytes, void* of) { return static_cast<c_heap*>(of)->calloc(n, bytes); },
            [](void* block, std::size_t bytes, void* of) { return static_cast<c_heap*>(of)->realloc(block, bytes); }};
}

}  // namespace autopmr

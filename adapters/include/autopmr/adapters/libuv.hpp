#pragma once
/// \file
/// libuv over a memory_resource.
///
/// Call it once, before any other function of libuv. libuv can't say that it was too late: the first block from before that it
/// frees is a fault_report, foreign_pointer. After uv_loop_close of each loop and uv_library_shutdown nothing is left.
///
/// libuv allocates from its own threads too, so the resource must be safe from any and never be let go. In a forked child as the
/// resource. Nothing throws: what can't be done is an answer, and what the resource refuses is UV_ENOMEM.

#include <autopmr/adapters/static_heap.hpp>

#include <uv.h>

namespace autopmr {

struct libuv_library {
    static install_answer::kind hook() noexcept {
        using heap = static_heap<libuv_library>;
        const int said = uv_replace_allocator(heap::malloc, heap::realloc, heap::calloc, heap::free);
        return said == 0 ? install_answer::installed : install_answer::refused_by_library;
    }
};

template <class Resource, class... Assume>
install_answer install_in_libuv(Resource& immortal, const char* who, Assume... assume) noexcept {
    return static_heap<libuv_library>::install(immortal, who, assume...);
}

}  // namespace autopmr

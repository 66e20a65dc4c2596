#pragma once
/// \file
/// libuv over a memory_resource.
///
/// Call it once, before any other function of libuv. libuv can't say that it was too late: a block from before goes back to malloc
/// when it is freed, and is a fault_report, foreign_pointer, when it is to grow. After uv_loop_close of each loop and uv_library_shutdown nothing is left.
///
/// libuv allocates from its own threads too, so the resource must be safe from any and never be let go. In a forked child as the
/// resource. Nothing throws: what can't be done is an answer, and what the resource refuses is UV_ENOMEM.

#include <autopmr/adapters/static_heap.hpp>

#include <uv.h>

#include <cstdlib>

namespace autopmr {

struct libuv_library {
    /// Before 1.49 libuv frees with this what realpath(3) took from malloc, for uv_fs_realpath.
    static void free(void* block) noexcept {
        c_heap* const heap = static_heap<libuv_library>::heap();
        if (block == nullptr || heap == nullptr || heap->owns(block)) static_heap<libuv_library>::free(block);
        else std::free(block);
    }
    static install_answer::kind hook() noexcept {
        using heap = static_heap<libuv_library>;
        const int said = uv_replace_allocator(heap::malloc, heap::realloc, heap::calloc, free);
        return said == 0 ? install_answer::installed : install_answer::refused_by_library;
    }
};

template <class Resource, class... Assume>
install_answer install_in_libuv(Resource& immortal, const char* who, Assume... assume) noexcept {
    return static_heap<libuv_library>::install(immortal, who, assume...);
}

}  // namespace autopmr

#pragma once
/// \file
/// mimalloc's C functions, found at run time. mi_new is not here: in C builds it aborts when memory is out. Nor is
/// mi_free_size_aligned, which some releases get wrong.

#include "src/support/module.hpp"

#include <cstddef>
#include <string_view>

namespace autopmr {

struct mimalloc_calls {
    /// Loads it at the first call. Empty when it can serve.
    static std::string_view why_not() noexcept;
    /// Once it is loaded.
    static unsigned         major_version() noexcept;
    static std::string_view why_no_heaps() noexcept;  ///< empty where heap_new can be called

    imported<void*(std::size_t)>                     malloc;
    imported<void*(std::size_t, std::size_t)>        malloc_aligned;
    imported<void(void*)>                            free;
    imported<std::size_t(void*)>                     usable_size;
    imported<int()>                                  version;
    imported<void(bool)>                             collect;
    imported<long(int)>                              option_get;
    imported<void(int, long)>                        option_set;
    imported<void*(std::size_t, std::size_t)>        memalign;  // alignment, bytes
    imported<void*()>                                heap_new;
    imported<void*(void*, std::size_t)>              heap_malloc;
    imported<void*(void*, std::size_t, std::size_t)> heap_malloc_aligned;
    imported<void(void*)>                            heap_free;  // mi_free too, told to nobody: a heap does that itself
    imported<void(void*)>                            heap_destroy;
    imported<bool(void*, bool, bool (*)(const void*, const void*, void*, std::size_t, void*), void*)> heap_visit_blocks;
    imported<void(std::size_t*, std::size_t*, std::size_t*, std::size_t*, std::size_t*, std::size_t*, std::size_t*, std::size_t*)>
        process_info;
};
// Hidden: a call through it then needs no detour through the table of exported names.
[[gnu::visibility("hidden")]] extern mimalloc_calls mimalloc;

/// What mi_malloc_aligned is asked for. 2.0.9 takes a short way for sizes that are powers of two up to 1024 and then may
/// align to less than was asked; an odd size never goes that way, and freeing needs no size.
constexpr std::size_t sound_size(std::size_t bytes) noexcept { return bytes | 1; }

}  // namespace autopmr

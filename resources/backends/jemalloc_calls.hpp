#pragma once
/// \file
/// The functions of libautopmr-jemalloc.so: jemalloc under names of its own, so that it takes over nothing.

#include "src/support/module.hpp"

#include <bit>
#include <cstddef>
#include <string_view>

namespace autopmr {

struct jemalloc_calls {
    /// Loads it at the first call. Empty when it can serve.
    static std::string_view why_not() noexcept;

    imported<void*(std::size_t)>                                               malloc;
    imported<void*(std::size_t, int)>                                          mallocx;  // undefined for zero bytes
    imported<void*(std::size_t, int)>                                          mallocx_told;
    imported<void(void*)>                                                      free;
    imported<std::size_t(void*)>                                               usable_size;
    imported<void(void*, std::size_t, int)>                                    sdallocx;  // with the size asked for, no other
    imported<int(const char*, void*, std::size_t*, void*, std::size_t)>        mallctl;

    template <class T>
    bool read(const char* name, T& out) const {
        std::size_t size = sizeof out;
        return mallctl(name, &out, &size, nullptr, 0) == 0;
    }
    template <class T>
    bool write(const char* name, T value) const {
        return mallctl(name, nullptr, nullptr, &value, sizeof value) == 0;
    }
    bool call(const char* name) const { return mallctl(name, nullptr, nullptr, nullptr, 0) == 0; }
};
// Hidden: a call through it then needs no detour through the table of exported names.
[[gnu::visibility("hidden")]] extern jemalloc_calls jemalloc;

// As jemalloc.h writes them: MALLOCX_ALIGN, MALLOCX_ARENA, MALLOCX_TCACHE_NONE.
constexpr int jemalloc_alignment(std::size_t alignment) noexcept { return std::countr_zero(alignment); }
constexpr int jemalloc_arena(unsigned arena) noexcept { return static_cast<int>((arena + 1) << 20); }
constexpr int jemalloc_no_cache = 1 << 8;

}  // namespace autopmr

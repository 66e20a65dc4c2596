#pragma once
/// \file
/// The C library's own malloc, by the names that glibc has for it beside the ones that are taken over.

#include <cstddef>

extern "C" {
void* __libc_malloc(std::size_t bytes);
void* __libc_memalign(std::size_t alignment, std::size_t bytes);
void* __libc_realloc(void* block, std::size_t bytes);
void  __libc_free(void* block);
}

namespace autopmr::preload::c_library {

inline void* allocate(std::size_t bytes, std::size_t alignment) noexcept {
    return alignment <= 16 ? __libc_malloc(bytes) : __libc_memalign(alignment, bytes);
}
inline void deallocate(void* block) noexcept { __libc_free(block); }
/// Bytes that may be used in a block of its own; glibc keeps the size of a block, with three flags, in the word before it.
std::size_t usable(void* block) noexcept;

}  // namespace autopmr::preload::c_library

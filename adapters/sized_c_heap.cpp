#include "src/support/attempt.hpp"

#include <autopmr/adapters/sized_c_heap.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <new>

namespace autopmr {

/// Behind what the owner of a block knows of; its address says whose it is. Sizes are rounded so that one fits.
struct sized_c_heap::shrunk {
    shrunk*     next;
    std::size_t real;
};

namespace {

constexpr std::size_t rounded(std::size_t bytes) noexcept {
    return (std::max<std::size_t>(bytes, 1) + (sized_c_heap::alignment - 1)) & ~(sized_c_heap::alignment - 1);
}

}  // namespace

void sized_c_heap::remember(void* block, std::size_t bytes, std::size_t real) noexcept {
    static_assert(sizeof(shrunk) <= alignment);
    const std::lock_guard hold(lock_);
    shrunk_.store(new (static_cast<std::byte*>(block) + bytes) shrunk{shrunk_.load(std::memory_order_relaxed), real},
                  std::memory_order_release);
}

[[gnu::noinline]] std::size_t sized_c_heap::forget(void* block, std::size_t bytes) noexcept {
    if (shrunk_.load(std::memory_order_acquire) == nullptr) return bytes;
    const void* const     tail = static_cast<std::byte*>(block) + bytes;
    const std::lock_guard hold(lock_);
    shrunk*               before = nullptr;
    for (shrunk* at = shrunk_.load(std::memory_order_relaxed); at != nullptr; before = at, at = at->next) {
        if (at != tail) continue;
        if (before != nullptr) before->next = at->next;
        else shrunk_.store(at->next, std::memory_order_release);
        return at->real;
    }
    return bytes;
}

void* sized_c_heap::malloc(std::size_t bytes) noexcept {
    if (bytes > PTRDIFF_MAX - alignment) return nullptr;
    return allocate_or_null(*upstream_.get(), rounded(bytes), alignment);
}

void* sized_c_heap::realloc(void* block, std::size_t old_bytes, std::size_t new_bytes) noexcept {
    if (block == nullptr) return malloc(new_bytes);
    if (new_bytes > PTRDIFF_MAX - alignment) return nullptr;
    const std::size_t old = rounded(old_bytes), wanted = rounded(new_bytes);
    if (old == wanted) return block;
    void* const moved = malloc(new_bytes);
    if (moved != nullptr) {
        std::memcpy(moved, block, std::min(old_bytes, new_bytes));
        free(block, old_bytes);
        return moved;
    }
    if (wanted > old) return nullptr;
    remember(block, wanted, forget(block, old));
    return block;
}

void sized_c_heap::free(void* block, std::size_t bytes) noexcept {
    if (block == nullptr) return;
    std::size_t real = rounded(bytes);
    if (shrunk_.load(std::memory_order_acquire) != nullptr) [[unlikely]] real = forget(block, real);
    upstream_.get()->deallocate(block, real, alignment);
}

}  // namespace autopmr

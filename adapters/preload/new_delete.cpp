// operator new and delete, so that sizes and alignments which the compiler hands back are checked. Blocks may be exchanged with
// malloc's, as programs do.

#include "guard.hpp"

#include <algorithm>
#include <cstddef>
#include <new>

namespace preload = autopmr::preload;

#define EXPORTED [[gnu::visibility("default")]]
#define CALLER __builtin_return_address(0)

namespace {

std::size_t number(std::align_val_t alignment) noexcept { return static_cast<std::size_t>(alignment); }

void* take_or_throw(std::size_t bytes, std::size_t alignment, const void* caller) {
    for (;;) {
        if (void* const block = preload::take(bytes, std::max(alignment, preload::usual_alignment), caller)) return block;
        const std::new_handler handler = std::get_new_handler();
        if (handler == nullptr) throw std::bad_alloc();
        handler();
    }
}

void* take_or_null(std::size_t bytes, std::size_t alignment, const void* caller) noexcept {
    try {
        return take_or_throw(bytes, alignment, caller);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

void drop(void* block, std::size_t bytes, std::size_t alignment, const void* caller) noexcept {
    if (block != nullptr) preload::give_back(block, bytes, alignment != 0 ? std::max(alignment, preload::usual_alignment) : 0, caller);
}

}  // namespace

EXPORTED void* operator new(std::size_t bytes) { return take_or_throw(bytes, 0, CALLER); }
EXPORTED void* operator new[](std::size_t bytes) { return take_or_throw(bytes, 0, CALLER); }
EXPORTED void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return take_or_null(bytes, 0, CALLER); }
EXPORTED void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept { return take_or_null(bytes, 0, CALLER); }
EXPORTED void* operator new(std::size_t bytes, std::align_val_t a) { return take_or_throw(bytes, number(a), CALLER); }
EXPORTED void* operator new[](std::size_t bytes, std::align_val_t a) { return take_or_throw(bytes, number(a), CALLER); }
EXPORTED void* operator new(std::size_t bytes, std::align_val_t a, const std::nothrow_t&) noexcept { return take_or_null(bytes, number(a), CALLER); }
EXPORTED void* operator new[](std::size_t bytes, std::align_val_t a, const std::nothrow_t&) noexcept { return take_or_null(bytes, number(a), CALLER); }

EXPORTED void operator delete(void* block) noexcept { drop(block, 0, 0, CALLER); }
EXPORTED void operator delete[](void* block) noexcept { drop(block, 0, 0, CALLER); }
EXPORTED void operator delete(void* block, const std::nothrow_t&) noexcept { drop(block, 0, 0, CALLER); }
EXPORTED void operator delete[](void* block, const std::nothrow_t&) noexcept { drop(block, 0, 0, CALLER); }
EXPORTED void operator delete(void* block, std::size_t bytes) noexcept { drop(block, bytes, 0, CALLER); }
EXPORTED void operator delete[](void* block, std::size_t bytes) noexcept { drop(block, bytes, 0, CALLER); }
EXPORTED void operator delete(void* block, std::align_val_t a) noexcept { drop(block, 0, number(a), CALLER); }
EXPORTED void operator delete[](void* block, std::align_val_t a) noexcept { drop(block, 0, number(a), CALLER); }
EXPORTED void operator delete(void* block, std::size_t bytes, std::align_val_t a) noexcept { drop(block, bytes, number(a), CALLER); }
EXPORTED void operator delete[](void* block, std::size_t bytes, std::align_val_t a) noexcept { drop(block, bytes, number(a), CALLER); }
EXPORTED void operator delete(void* block, std::align_val_t a, const std::nothrow_t&) noexcept { drop(block, 0, number(a), CALLER); }
EXPORTED void operator delete[](void* block, std::align_val_t a, const std::nothrow_t&) noexcept { drop(block, 0, number(a), CALLER); }

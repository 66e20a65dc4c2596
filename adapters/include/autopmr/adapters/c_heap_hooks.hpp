#pragma once
/// \file
/// A c_heap's functions as plain ones, for libraries in C whose hooks hand their context back first: the heap's address.
///
/// Use it where a bridge is one line: `{c_heap_hooks::malloc, c_heap_hooks::free, &heap}`. The heap must live as long as what the
/// library makes with it, and stay where it is. Threads, fork and failures as c_heap. Nothing throws but or_throw. Sizes are bytes.

#include <autopmr/adapters/c_heap.hpp>
#include <autopmr/errors.hpp>

#include <cstddef>

namespace autopmr {

struct c_heap_hooks {
    static void* malloc(void* heap, std::size_t bytes) noexcept { return static_cast<c_heap*>(heap)->malloc(bytes); }
    static void* zeroed(void* heap, std::size_t bytes) noexcept { return static_cast<c_heap*>(heap)->calloc(1, bytes); }
    /// As zlib has it, not zeroed; null where the product is no size. Count is whatever integer the library takes.
    template <class Count>
    static void* items(void* heap, Count count, Count bytes) noexcept {
        const auto many = static_cast<std::size_t>(count), each = static_cast<std::size_t>(bytes);
        return many != 0 && each > static_cast<std::size_t>(-1) / many ? nullptr : malloc(heap, many * each);
    }
    static void free(void* heap, void* block) noexcept { static_cast<c_heap*>(heap)->free(block); }
    /// For libraries in C++ that take what they get: null throws out_of_memory, as operator new would. `library` is immortal.
    static void* or_throw(void* block, std::size_t bytes, const char* library) {
        if (block == nullptr) throw_out_of_memory(bytes, c_heap::alignment, library);
        return block;
    }
};

}  // namespace autopmr

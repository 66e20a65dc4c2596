#pragma once
/// \file
/// The path from a resource to an allocator's functions, the same for every backend: one branch on the alignment, one null
/// check. Everything else (loading, refusing, large alignments) is off that path.
///
/// A small request goes through a table indexed by its alignment. The entries at 1, 2, 4 and 8 are the allocator's malloc, the
/// one at 16 asks it for 16 bytes at least; the others, and all of them before the allocator is loaded, are a function that has
/// nothing to give. So a bad alignment, a missing library and exhaustion all look alike to the hot path, and are told apart
/// behind it.

#include <autopmr/backend.hpp>
#include <autopmr/errors.hpp>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace autopmr {

constexpr std::size_t largest_small_alignment = 16;

/// What an allocator is asked for: it may align no better than the size, but 8 bytes are the least alignment of all of them.
constexpr std::size_t asked_size(std::size_t bytes, std::size_t alignment) noexcept {
    return alignment == largest_small_alignment ? std::max(bytes, largest_small_alignment) : bytes;
}

/// The table, of which each `Library` has one under the name `small`.
template <class Library>
class malloc_by_alignment {
public:
    using function = void* (*)(std::size_t);

    constexpr malloc_by_alignment() noexcept : malloc_by_alignment(nothing) {}
    explicit constexpr malloc_by_alignment(function first) noexcept
        : entries_{nothing, first, first, nothing, first, nothing, nothing, nothing, first,
                   nothing, nothing, nothing, nothing, nothing, nothing, nothing, of_sixteen} {}

    void set(function f) noexcept {
        for (std::size_t alignment = 1; alignment != largest_small_alignment; alignment *= 2)
            entries_[alignment].store(f, std::memory_order_release);
    }
    [[gnu::always_inline]] void* operator()(std::size_t bytes, std::size_t alignment) const noexcept {
        return entries_[alignment].load(std::memory_order_acquire)(bytes);
    }

private:
    static void* nothing(std::size_t) { return nullptr; }
    static void* of_sixteen(std::size_t bytes) { return Library::small(asked_size(bytes, largest_small_alignment), 8); }

    std::atomic<function> entries_[largest_small_alignment + 1];
};

/// `Library` has: `small`, a malloc_by_alignment; `why_not()`, which loads it and answers for the backend;
/// `aligned(bytes, alignment)`, null when out of memory; `release(block, bytes, alignment)`.
template <const backend& Which, class Library>
struct direct {
    static void* allocate(std::size_t bytes, std::size_t alignment) {
        if (alignment > largest_small_alignment) [[unlikely]] return allocate_aligned(bytes, alignment);
        // What only a failure needs waits in the frame: volatile, or it would sit in registers to be saved and restored.
        const volatile std::size_t asked[] = {bytes, alignment};
        void* block = Library::small(bytes, alignment);
        if (block == nullptr) [[unlikely]] return allocate_at_last(asked[0], asked[1]);
        return block;
    }
    static void deallocate(void* block, std::size_t bytes, std::size_t alignment) { Library::release(block, bytes, alignment); }

private:
    // The name is a literal: it ends in a zero.
    static void check(std::size_t bytes, std::size_t alignment) {
        if (!std::has_single_bit(alignment)) throw_bad_alignment(bytes, alignment, Which.name.data());
        if (alignment > PTRDIFF_MAX || bytes > PTRDIFF_MAX - alignment || !Library::why_not().empty())
            throw_out_of_memory(bytes, alignment, Which.name.data());
    }

    [[gnu::noinline, gnu::cold]] static void* allocate_at_last(std::size_t bytes, std::size_t alignment) {
        check(bytes, alignment);  // loads the library
        void* block = Library::small(bytes, alignment);
        if (block == nullptr) throw_out_of_memory(bytes, alignment, Which.name.data());
        return block;
    }

    [[gnu::noinline]] static void* allocate_aligned(std::size_t bytes, std::size_t alignment) {
        check(bytes, alignment);
        void* block = Library::aligned(std::max<std::size_t>(bytes, 1), alignment);
        if (block == nullptr) throw_out_of_memory(bytes, alignment, Which.name.data());
        return block;
    }
};

// A backend's source instantiates its resource where the constant's value is seen: these call its functions directly.
template <const backend& Which>
void* backend_resource<Which>::do_allocate(std::size_t bytes, std::size_t alignment) {
    return Which.allocate(bytes, alignment);
}
template <const backend& Which>
void backend_resource<Which>::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    Which.deallocate(block, bytes, alignment);
}

/// A resource that is never destroyed, so that static destructors and threads that outlive main may use it.
template <class Resource>
union immortal {
    constexpr immortal() noexcept : resource() {}
    ~immortal() {}
    Resource resource;
};

}  // namespace autopmr

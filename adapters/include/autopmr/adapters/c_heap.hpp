#pragma once
/// \file
/// malloc, calloc, realloc and free over a memory_resource, for libraries in C that take such functions.
///
/// Use it behind hooks that do not hand the size back at free; where they do, sized_c_heap costs less; where they hand no
/// context, static_heap. Each block has 16 bytes before it (an aligned one as many as its alignment): the size and a tag. What
/// the tag does not vouch for is a fault_report, foreign_pointer or double_free; where the handler answers quarantine, free
/// does nothing and realloc is null. A second free is seen while the upstream left those bytes alone.
///
/// As thread-safe, and as safe in a forked child, as the upstream: it has no state of its own. Nothing throws: what can't be
/// had is null, also in C frames. Making a block smaller never fails. Sizes are bytes; no size is too small: 0 gets a pointer
/// of its own, and realloc to 0 keeps the block. Alignment 16.

#include <autopmr/resource_ptr.hpp>

#include <cstddef>
#include <utility>

namespace autopmr {

class c_heap {
public:
    static constexpr std::size_t alignment = 16;

    explicit c_heap(resource_ptr upstream = {}) noexcept : upstream_(std::move(upstream)) {}
    c_heap(const c_heap&) = delete;
    c_heap& operator=(const c_heap&) = delete;

    [[nodiscard]] void* malloc(std::size_t bytes) noexcept;
    /// Zeroed; null where count times bytes is no size.
    [[nodiscard]] void* calloc(std::size_t count, std::size_t bytes) noexcept;
    /// Null leaves the old block as it was. A block that was aligned stays so.
    [[nodiscard]] void* realloc(void* block, std::size_t bytes) noexcept;
    /// Blocks of all the functions here; null is none.
    void free(void* block) noexcept;
    /// What the block holds, at least what was asked for; 0 of null, and of what is none of these blocks.
    [[nodiscard]] std::size_t usable_size(const void* block) const noexcept;
    /// Whether its header vouches for it, live or freed; reports nothing. Of a block of any heap: what lies before it is looked at.
    [[nodiscard]] bool        owns(const void* block) const noexcept;
    [[nodiscard]] char*       strdup(const char* text) noexcept;
    /// Any power of two; null where it is none. Freed as the others are.
    [[nodiscard]] void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept;

    [[nodiscard]] const resource_ptr& upstream() const noexcept { return upstream_; }

private:
    struct header;

    resource_ptr upstream_;
};

}  // namespace autopmr

#pragma once
/// \file
/// malloc, realloc and free over a memory_resource, for C interfaces that hand the old size back.
///
/// Use it where the library knows its sizes (Lua, GMP, RapidJSON, protobuf's arenas): no header, no lookup. The upstream sees
/// sizes rounded up to 16 bytes, alignment 16. A size that is not the block's is passed on as it is: put tracking_resource
/// below to find that.
///
/// Making a block smaller never fails: one that could not move stays, and what it really holds is remembered in its own tail.
/// As thread-safe, and as safe in a forked child, as the upstream. Nothing throws: what can't be had is null. Sizes are bytes;
/// 0 gets a pointer of its own.

#include <autopmr/fork_mutex.hpp>
#include <autopmr/resource_ptr.hpp>

#include <atomic>
#include <cstddef>
#include <utility>

namespace autopmr {

class sized_c_heap {
public:
    static constexpr std::size_t alignment = 16;

    explicit sized_c_heap(resource_ptr upstream = {}) noexcept : upstream_(std::move(upstream)) {}
    sized_c_heap(const sized_c_heap&) = delete;
    sized_c_heap& operator=(const sized_c_heap&) = delete;

    [[nodiscard]] void* malloc(std::size_t bytes) noexcept;
    /// Null, which only growing gives, leaves the old block as it was. `block` may be null: malloc.
    [[nodiscard]] void* realloc(void* block, std::size_t old_bytes, std::size_t new_bytes) noexcept;
    /// `bytes`: what it was last given. Null is no block.
    void free(void* block, std::size_t bytes) noexcept;

    [[nodiscard]] const resource_ptr& upstream() const noexcept { return upstream_; }

private:
    struct shrunk;
    void        remember(void* block, std::size_t bytes, std::size_t real) noexcept;
    std::size_t forget(void* block, std::size_t bytes) noexcept;  // what it really holds

    resource_ptr         upstream_;
    fork_mutex           lock_;
    std::atomic<shrunk*> shrunk_{nullptr};  // blocks that hold more than their owners know: only after a failure
};

}  // namespace autopmr

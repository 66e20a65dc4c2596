#pragma once
/// \file
/// What sampled guards share: the process's pool and who makes it, who samples, and frees that had to wait.
///
/// Nobody waits for anybody here but who frees a block of a pool that it has not joined yet: a thread that finds another one joining
/// a pool goes without its sample.

#include <autopmr/guarded/sampled_guard_resource.hpp>

#include <atomic>
#include <cstddef>

namespace autopmr {

struct sampled_guard_start {
    static constinit inline std::atomic<guard_pool*> shared{nullptr};

    /// Whether the pool is there and knows the resource; makes and enlists, unless another thread is about to.
    static bool ready(sampled_guard_resource& one) noexcept;
    static void wait_until_ready(sampled_guard_resource& one) noexcept;

    /// The list of those that sample, by address. What does not fit in it is not found.
    static bool enter(sampled_guard_resource& one) noexcept;  // false: there are too many
    static void leave(sampled_guard_resource& one) noexcept;
    /// Whether there is a sampled resource at this address that takes from that pool.
    static bool samples_from(const std::pmr::memory_resource* one, const std::atomic<guard_pool*>* pool) noexcept;

    /// Frees a block the next time that a thread is here and in no pool. Where too many wait already, the block stays as it is.
    static void let_wait(sampled_guard_resource& one, void* block, std::size_t bytes, std::size_t alignment) noexcept;
    /// The caller is in a pool as far as others are concerned.
    static void free_what_waits() noexcept;
};

}  // namespace autopmr

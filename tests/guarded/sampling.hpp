#pragma once
/// \file
/// Pools, options and an upstream for tests of sampling.

#include <autopmr/guarded/sampled_guard_resource.hpp>

#include <atomic>
#include <cstddef>
#include <memory_resource>

namespace autopmr_test {

inline autopmr::sampled_guard_options one_in(unsigned rate, autopmr::guard_pool* pool = nullptr) { return {.rate = rate, .pool = pool}; }
inline autopmr::guard_pool_options    small(std::size_t most_live) { return {.most_live = most_live, .quarantine = 64}; }

/// Gives blocks without asking anybody: what a signal handler may use.
class bump final : public std::pmr::memory_resource {
    void* do_allocate(std::size_t bytes, std::size_t) override {
        return buffer_ + (next_.fetch_add((bytes + 15) & ~std::size_t{15}) & (sizeof buffer_ / 2 - 1));
    }
    void do_deallocate(void*, std::size_t, std::size_t) override {}
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

    alignas(16) std::byte    buffer_[1 << 16];
    std::atomic<std::size_t> next_{0};
};

}  // namespace autopmr_test

#pragma once
/// \file
/// A pool of size classes for any number of threads: each allocates and frees without a lock or a locked instruction.
///
/// Use it for containers that several threads build, fill from one another or hand over; for one thread pool_resource is cheaper.
/// Sizes and chunks are those of pool_resource. Every thread that uses the pool has a cache of chunks of its own, in memory of the
/// upstream; a block that another thread frees goes back to the cache it came from, in batches of up to 64, and lies beside its
/// neighbours again. A thread that ends leaves its cache, with all that is free in it, to the next one that comes. A thread that only sleeps
/// keeps what it cached: trim() reaches the calling thread's, and those of threads that ended.
///
/// Any thread may call anything but release() and the destructor, for which nobody else may be using the pool; threads may still
/// hold caches then. The upstream must be thread-safe. In the child of a fork the pool goes on; what other threads had cached
/// stays reserved until the pool ends. Of more than 16383 pools in use at once the rest lends its
/// caches for one call at a time. ThreadSanitizer follows 64 locks that one thread holds: a program under it that forks with more pools
/// than that must run with detect_deadlocks=0.
/// Throws what the upstream throws, out_of_memory for a size that can't be, and bad_alignment; misuse is reported as
/// pool_resource does.

#include <autopmr/layer.hpp>
#include <autopmr/pool_options.hpp>
#include <autopmr/resource_ptr.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <utility>

namespace autopmr {

struct chunk;  // src/support/chunk_heap.hpp
struct pool_cache;  // resources/pools/concurrent_pool_resource_cache.hpp
struct pool_state;

class concurrent_pool_resource final : public layer {
public:
    concurrent_pool_resource() : concurrent_pool_resource(pool_options()) {}
    explicit concurrent_pool_resource(resource_ptr upstream) : concurrent_pool_resource(pool_options(), std::move(upstream)) {}
    explicit concurrent_pool_resource(const pool_options& options, resource_ptr upstream = {});
    concurrent_pool_resource(const concurrent_pool_resource&) = delete;
    concurrent_pool_resource& operator=(const concurrent_pool_resource&) = delete;
    ~concurrent_pool_resource() override;

    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
        return concurrent_pool_resource::do_allocate(bytes, alignment);
    }
    void deallocate(void* block, std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
        concurrent_pool_resource::do_deallocate(block, bytes, alignment);
    }

    /// Gives everything back to the upstream, blocks that are still in use included.
    void release() noexcept;
    /// Gives chunks back in which no block is in use.
    void                     trim() noexcept override;
    [[nodiscard]] pool_usage usage() const noexcept;

    [[nodiscard]] std::string_view           name() const noexcept override { return "concurrent_pool"; }
    [[nodiscard]] thread_use threads() const noexcept override { return threads_below(); }
    [[nodiscard]] layer_facts                facts() const noexcept override { return facts_of(usage()); }
    [[nodiscard]] std::pmr::memory_resource* upstream_resource() const noexcept override;
    [[nodiscard]] layer*                     upstream_layer() const noexcept override;

private:
    friend struct pool_threads;
    void*  do_allocate(std::size_t bytes, std::size_t alignment) override;
    void   do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override;
    bool   do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
    void*  allocate_slowly(std::size_t bytes, std::size_t alignment);
    void   deallocate_slowly(void* block, std::size_t bytes, std::size_t alignment) noexcept;
    void   emptied(chunk& which) noexcept;

    std::atomic<std::uint32_t> slot_;   // where the record of a thread points to its cache of this pool
    pool_state*                     state_;  // in memory of the upstream
};

}  // namespace autopmr

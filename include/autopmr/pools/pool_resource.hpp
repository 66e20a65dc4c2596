#pragma once
/// \file
/// A pool of size classes for one thread: the fastest memory for containers there is.
///
/// Use it for containers that allocate and free many small blocks on one thread; for several threads use
/// concurrent_pool_resource, for what is only built and then dropped as a whole arena_resource. Blocks have no header: the size
/// that pmr hands back takes its place. Sizes go in steps of 8 bytes up to 64, of 16 up to 1 KiB, and above in quarters of a power of two, up to an eighth
/// of a chunk (pool_options.hpp); larger ones are handed on to the upstream. Each chunk holds one size and its own free
/// list, so that what was built together lies together; a chunk that is wholly free serves any size, and stays with the pool
/// until trim(), release() or its end.
///
/// One thread at a time. Asks the upstream for nothing before the first allocation. Throws what the upstream throws,
/// out_of_memory for a size that can't be, and bad_alignment. A block that comes back with a size of another class, twice at once, or to a
/// pool that never gave it, is reported as a fault, as far as can be seen from the chunk it should lie in; where no memory lies
/// there, reading that is itself the end. tracking_resource finds all misuse. Under
/// AddressSanitizer and Valgrind what is not handed out can't be touched.

#include <autopmr/layer.hpp>
#include <autopmr/pool_options.hpp>
#include <autopmr/resource_ptr.hpp>

#include <cstddef>
#include <string_view>
#include <utility>

namespace autopmr {

struct chunk;  // src/support/chunk_heap.hpp
class chunk_heap;

class pool_resource final : public layer {
public:
    pool_resource() noexcept : pool_resource(pool_options()) {}
    explicit pool_resource(resource_ptr upstream) noexcept : pool_resource(pool_options(), std::move(upstream)) {}
    explicit pool_resource(const pool_options& options, resource_ptr upstream = {}) noexcept;
    pool_resource(const pool_resource&) = delete;
    pool_resource& operator=(const pool_resource&) = delete;
    ~pool_resource() override { release(); }

    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
        return pool_resource::do_allocate(bytes, alignment);
    }
    void deallocate(void* block, std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
        pool_resource::do_deallocate(block, bytes, alignment);
    }

    /// Gives everything back to the upstream, blocks that are still in use included: nobody may touch those any more.
    void release() noexcept;
    /// Gives the chunks back in which no block is in use.
    void                     trim() noexcept override;
    [[nodiscard]] pool_usage usage() const noexcept;  ///< walks the chunks: counting costs allocations nothing

    [[nodiscard]] std::string_view           name() const noexcept override { return "pool"; }
    [[nodiscard]] thread_use threads() const noexcept override { return thread_use::one_thread; }
    [[nodiscard]] layer_facts                facts() const noexcept override { return facts_of(usage()); }
    [[nodiscard]] std::pmr::memory_resource* upstream_resource() const noexcept override { return upstream_.get(); }
    [[nodiscard]] layer*                     upstream_layer() const noexcept override { return upstream_.as_layer(); }

private:
    struct state;
    bool  unused() const noexcept;
    void  begin();
    state& own() const noexcept;
    void  emptied(chunk& which) noexcept;
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void  do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override;
    bool  do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
    void* allocate_slowly(std::size_t bytes, std::size_t alignment);
    void  deallocate_slowly(void* block, std::size_t bytes, std::size_t alignment) noexcept;

    chunk_heap*  heap_;  // of a state, in memory of the upstream; until the first allocation, one that has nothing
    resource_ptr upstream_;
    pool_options options_;
};

}  // namespace autopmr

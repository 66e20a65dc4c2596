#pragma once
// What one thread keeps of a concurrent pool, and what the pool keeps of its threads.
//
// A cache belongs to one thread at a time: that of a thread that ended waits, with its chunks, for the next. What another thread frees is
// linked into a batch for the cache it came from and pushed there with one compare-and-exchange (a stack of Treiber's, of
// which the owner takes all at once, so that no address can come back unnoticed).

#include <autopmr/pools/concurrent_pool_resource.hpp>

#include "src/support/chunk_store.hpp"
#include "src/support/per_thread.hpp"

#include <atomic>
#include <cstddef>
#include <mutex>

namespace autopmr {

struct pool_state;

// Stands before the rest, since other threads read it with each block they send: further on their reads would take away lines
// that the owner writes.
struct of_pool {
    pool_state* const pool;
};

struct pool_cache : of_pool, chunk_heap {
    pool_cache(std::size_t chunk_bytes, pool_state& of, bool of_pages) noexcept : of_pool{&of}, chunk_heap(chunk_bytes), mapped(of_pages) {}

    // Another cache's block, freed here. False when it has just been: it is left alone.
    [[nodiscard]] bool send(pool_cache& to, const chunk& from, void* block) noexcept;
    void send_all() noexcept;
    // Pushes blocks that are linked from `first` to `last`. Any thread.
    void receive(free_block* first, free_block* last) noexcept;
    [[nodiscard]] bool receive(void* block) noexcept;  // false as above
    // Takes some of what others sent; false when there was nothing.
    bool collect() noexcept;

    struct batch {
        pool_cache*      to = nullptr;
        free_block *first = nullptr, *last = nullptr;
        std::size_t count = 0, bytes = 0;
    };
    static constexpr std::size_t batches = 8, most_blocks = 64, most_bytes = std::size_t{32} << 10;

    const bool  mapped;  // in pages of the system, for a thread whose first call was a deallocation: that asks no upstream
    free_block* backlog = nullptr;  // taken from the inbox and not looked at yet
    batch       out[batches];
    pool_cache *     next = nullptr, *previous = nullptr;  // of all of the pool
    pool_cache*      next_idle = nullptr;
    alignas(64) std::atomic<free_block*> inbox{nullptr};

private:
    static void send(batch& one) noexcept;
};

struct pool_state {
    pool_state(std::size_t bytes, resource_ptr upstream) noexcept
        : mask(~(bytes - 1)), colours(chunk_heap::colours_of(bytes)), store("concurrent_pool", bytes, std::move(upstream)) {}

    [[nodiscard]] chunk& chunk_of(const void* block) const noexcept {
        return *chunk_heap::header(reinterpret_cast<std::uintptr_t>(block) & mask, colours);
    }
    [[nodiscard]] std::size_t chunk_bytes() const noexcept { return ~mask + 1; }

    // A cache that nobody uses, for the caller alone; null when there is none.
    [[nodiscard]] pool_cache* adopt() noexcept;
    // The same, made if need be in memory of the upstream. Throws what that throws.
    [[nodiscard]] pool_cache* adopt_or_make();
    // The same in pages of the system; null where there are none.
    [[nodiscard]] pool_cache* adopt_or_map() noexcept;
    // The caller uses it no more.
    void leave(pool_cache& mine) noexcept;
    // Looks after what was sent to caches that nobody uses. Some of them at a time, so that many don't make allocations slow.
    void look_after_idle() noexcept;
    // A block of this class for whom the cache belongs to. Throws what the upstream throws.
    [[nodiscard]] void* serve(pool_cache& mine, unsigned index, std::size_t bytes);
    void                empty_mail(pool_cache& mine) noexcept;
    void                trim(pool_cache& mine) noexcept;
    void                trim_idle() noexcept;
    void                enlist(pool_cache& one) noexcept;
    void                destroy(pool_cache& one) noexcept;

    std::uintptr_t          mask, colours;
    chunk_store<std::mutex> store;  // its mutex guards what follows, too
    pool_cache *                 all = nullptr, *first_idle = nullptr, *last_idle = nullptr;
    std::size_t             caches = 0;

    pool_state *next = nullptr, *previous = nullptr;  // of all pools of the process, under per_thread::lock()
};

// The places in the records of threads that pools have, and what becomes of them when a thread ends or forks.
struct pool_threads {
    static void enlist(concurrent_pool_resource& pool) noexcept;
    static void delist(concurrent_pool_resource& pool) noexcept;
    // Takes every thread's cache away.
    static void clear(concurrent_pool_resource& pool) noexcept;
    // This thread's cache from now on; null where the thread or the pool can't have one.
    [[nodiscard]] static pool_cache* enter(concurrent_pool_resource& pool);
    [[nodiscard]] static pool_cache* enter_to_deallocate(concurrent_pool_resource& pool) noexcept;  // or where memory is out

    static constexpr std::uint32_t nobodys = per_thread::cells_bytes;  // the first place is always null
};

}  // namespace autopmr

#pragma once
/// \file
/// What a tracking_resource remembers: live blocks by address, call stacks by their frames, and what was freed of late.
///
/// All of it lies in pages of the system. A record is taken before the upstream is asked, and putting it into a table of chains
/// can't fail. Sixteen shards; the shard of a block follows from its address, that of a site from its stack. The locks belong to
/// the process, not to the books: shard i of all books has lock i, so that a fork holds sixteen however many books there are.

#include <autopmr/decorators/tracking_resource.hpp>
#include <autopmr/fault_report.hpp>

#include "resources/decorators/tracking_resource_tables.hpp"
#include "src/support/call_stack.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace autopmr {

class tracking_books {
public:
    struct site {
        site*         next;
        std::uint64_t hash;
        std::size_t   depth;
        const void*   frames[call_stack::most];  // of which only `depth` are there
    };
    struct record {
        record*       next;
        void*         address;
        std::size_t   bytes;
        std::uint64_t sequence;
        site*         from;
        std::uint32_t thread;
        std::uint32_t alignment_bits;

        [[nodiscard]] std::size_t alignment() const noexcept { return std::size_t{1} << alignment_bits; }
    };

    /// Null where there are no pages.
    static tracking_books* make() noexcept;
    void                   unmake() noexcept;

    /// A record for a block to come; null where there are no pages, and then nothing has changed.
    record* reserve(const call_stack& caller) noexcept;
    /// One that is not needed, or no longer.
    void give_back(record& gone) noexcept;
    void commit(record& taken, void* block, std::size_t bytes, std::size_t alignment) noexcept;
    /// Forgets a block. What was wrong with the call; of kind unknown where nothing was.
    fault_report retire(const void* block, std::size_t bytes, std::size_t alignment) noexcept;
    /// The answer for a block that nobody knows.
    static fault_report foreign(const void* block, std::size_t bytes, std::size_t alignment) noexcept;

    struct sums {
        std::size_t blocks = 0, bytes = 0;
    };
    sums          live() const noexcept;
    std::uint64_t allocations() const noexcept { return sequence_.load(std::memory_order_relaxed); }
    /// All live blocks at one instant, in no order, and their sums; the row is empty where there are no pages for it.
    mapped_row<tracked_block> copy(sums& all) const noexcept;

private:
    struct freed {
        const void*   address;
        std::size_t   bytes;
        std::uint32_t alignment_bits;
    };
    static constexpr std::size_t shards = 16, remembered = 64;

    struct shard {
        chains<record> live;
        chains<site>   sites;
        record*        unused = nullptr;
        page_store     store;
        std::size_t    live_bytes = 0;
        freed          latest[remembered] = {};
        std::size_t    frees = 0;

        site*   site_of(const call_stack& caller, std::uint64_t hash) noexcept;
        record* take(const void* address, std::uint64_t hash) noexcept;
        void    remember(const record& gone) noexcept;
        void    recall(fault_report& found) const noexcept;
    };

    sums   sum() const noexcept;
    shard& of(std::uint64_t hash) noexcept { return shards_[hash >> 60]; }

    shard                      shards_[shards];
    std::atomic<std::uint64_t> sequence_{0};
};

}  // namespace autopmr

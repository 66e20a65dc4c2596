#pragma once
/// \file
/// Where a pool's chunks come from and go to, and its large blocks: everything between the heaps and the upstream.
///
/// `Mutex` is std::mutex for a pool of many threads, no_mutex for a pool of one. It guards the books only: the upstream is never called
/// while it is held, so that it may be held across fork whatever the upstream locks.

#include <autopmr/errors.hpp>
#include <autopmr/fault_report.hpp>
#include <autopmr/pool_options.hpp>
#include <autopmr/resource_ptr.hpp>

#include "src/support/announce.hpp"
#include "src/support/attempt.hpp"
#include "src/support/chunk_heap.hpp"
#include "src/support/large_blocks.hpp"
#include "src/support/probe.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <new>
#include <utility>

namespace autopmr {

struct no_mutex {
    void lock() noexcept {}
    void unlock() noexcept {}
};

/// What a request comes to: a class of sizes, or a large block.
struct pooled_request {
    unsigned index = 0;  ///< 0: large
    /// `alignment` is a power of two.
    pooled_request(std::size_t bytes, std::size_t alignment, std::size_t largest) noexcept {
        if (bytes > largest || alignment > largest) return;
        const std::size_t n = std::max<std::size_t>(bytes, 1);
        const std::size_t raised = alignment > 8 ? (n + alignment - 1) & ~(alignment - 1) : n;
        if (raised <= largest) index = size_classes::of(raised);
    }
};

/// Refuses what can't be, in the name of a pool.
inline void check_request(const char* name, std::size_t bytes, std::size_t alignment) {
    if (!std::has_single_bit(alignment)) throw_bad_alignment(bytes, alignment, name);
    if (alignment > PTRDIFF_MAX || bytes > PTRDIFF_MAX - alignment) throw_out_of_memory(bytes, alignment, name);
}

template <class Mutex>
class chunk_store {
public:
    chunk_store(const char* name, std::size_t chunk_bytes, resource_ptr upstream) noexcept
        : name_(name), chunk_bytes_(chunk_bytes), watched_(announce::watched()), upstream_(std::move(upstream)) {}

    [[nodiscard]] Mutex&              mutex() noexcept { return mutex_; }
    [[nodiscard]] const resource_ptr& upstream() const noexcept { return upstream_; }
    [[nodiscard]] resource_ptr&       upstream() noexcept { return upstream_; }


    /// An idle chunk, or null.
    [[nodiscard]] chunk* idle() noexcept {
        const std::scoped_lock hold(mutex_);
        chunk* const           one = idle_;
        if (one != nullptr) {
            idle_ = one->next;
            --idle_count_;
        }
        return one;
    }
    /// A new one from the upstream, or where that refuses one that `asking` can spare. Taking those first would save memory, but
    /// sizes that take turns would take one chunk from each other again and again. Throws what the upstream throws.
    [[nodiscard, gnu::noinline]] chunk* fetch(chunk_heap& asking) {  // a frame of its own: share/valgrind.supp names it
        std::exception_ptr why;
        void* const        memory = attempt(upstream_, chunk_bytes_, chunk_bytes_, why);
        if (memory == nullptr) {
            if (chunk* const spared = asking.spare()) return spared;
            std::rethrow_exception(why);
        }
        if (watched_) announce::block_parcelled(memory);
        AUTOPMR_PROBE(chunk_taken, name_, memory, chunk_bytes_);
        auto* const one = ::new (static_cast<void*>(chunk_heap::header(reinterpret_cast<std::uintptr_t>(memory), chunk_heap::colours_of(chunk_bytes_)))) chunk;
        const std::scoped_lock hold(mutex_);
        ++count_;
        return one;
    }
    void keep(chunk& one) noexcept {
        const std::scoped_lock hold(mutex_);
        one.next = idle_;
        idle_ = &one;
        ++idle_count_;
    }
    /// Gives all idle chunks to the upstream.
    void trim() noexcept {
        while (chunk* const one = idle()) give_back(*one);
    }
    void give_back(chunk& one) noexcept {
        void* const memory = reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(&one) & ~(chunk_bytes_ - 1));
        if (watched_) announce::show(memory, chunk_bytes_);
        AUTOPMR_PROBE(chunk_given_back, name_, memory, chunk_bytes_);
        {
            const std::scoped_lock hold(mutex_);
            --count_;
        }
        upstream_.deallocate(memory, chunk_bytes_, chunk_bytes_);
    }

    [[nodiscard]] void* allocate_large(std::size_t bytes, std::size_t alignment) {
        make_room();
        place_cancelled_unless_used place{this};
        const std::size_t           asked = std::max<std::size_t>(bytes, 1);
        void* const                 block = upstream_.allocate(asked, alignment);
        const std::scoped_lock      hold(mutex_);
        large_.put({block, asked, alignment});
        place.store = nullptr;
        return block;
    }
    /// False when no large block begins here; misuse is reported.
    [[nodiscard]] bool deallocate_large(void* block, std::size_t bytes, std::size_t alignment) noexcept {
        large_blocks::entry found;
        {
            const std::scoped_lock           hold(mutex_);
            const large_blocks::entry* const there = large_.find(block);
            if (there == nullptr) return false;
            found = *there;
            if (found.bytes == std::max<std::size_t>(bytes, 1) && found.alignment == alignment) large_.remove(*there);
        }
        if (found.bytes != std::max<std::size_t>(bytes, 1)) report(fault_kind::wrong_size, block, found.bytes, found.alignment, bytes, alignment);
        else if (found.alignment != alignment) report(fault_kind::wrong_alignment, block, found.bytes, found.alignment, bytes, alignment);
        else upstream_.deallocate(block, found.bytes, alignment);
        return true;
    }
    /// What can't be a block of a pool. It goes on when the handler says so; the block is nobody's from then on.
    void report(fault_kind kind, const void* block, std::size_t expected, std::size_t expected_alignment, std::size_t given,
                std::size_t given_alignment) const noexcept {
        report_fault({.kind = kind, .address = block, .resource = name_, .expected_bytes = expected, .expected_alignment = expected_alignment,
                      .given_bytes = given, .given_alignment = given_alignment});
    }

    /// A block that is no large one, and not of the chunk it should be in: of `chunks`, a heap's, or of no one.
    void report_stray(const chunk* chunks, const void* block, std::size_t bytes, std::size_t alignment) const noexcept {
        const auto at = reinterpret_cast<std::uintptr_t>(block);
        while (chunks != nullptr && ((reinterpret_cast<std::uintptr_t>(chunks) ^ at) & ~(chunk_bytes_ - 1)) != 0) chunks = chunks->next_of_heap;
        if (chunks == nullptr) report(fault_kind::foreign_pointer, block, 0, 0, bytes, alignment);
        else report(fault_kind::wrong_size, block, chunks->block_bytes, 0, bytes, alignment);
    }
    /// The chunks of a heap that is no longer used.
    void give_back_all(chunk* first) noexcept {
        while (first != nullptr) give_back(*std::exchange(first, first->next_of_heap));
    }

    /// Everything but the chunks that heaps hold. Nobody else uses the store any more.
    void release() noexcept {
        trim();
        const large_blocks::table all = large_.clear();
        for (std::size_t i = 0; i != all.places; ++i) {
            const large_blocks::entry one = all.entries[i];
            if (one.block != nullptr) upstream_.deallocate(one.block, one.bytes, one.alignment);
        }
        give_back(all);
    }

    void add_to(pool_usage& u) noexcept {
        const std::scoped_lock hold(mutex_);
        u.chunks = count_;
        u.idle_chunks += idle_count_;
        u.large_blocks = large_.count();
        u.large_bytes = large_.bytes();
        u.reserved_bytes += count_ * chunk_bytes_ + large_.bytes() + large_.whole().places * sizeof(large_blocks::entry);
    }

private:
    struct place_cancelled_unless_used {
        chunk_store* store;
        ~place_cancelled_unless_used() {
            if (store == nullptr) return;
            const std::scoped_lock hold(store->mutex_);
            store->large_.cancel();
        }
    };

    /// Room for one more large block, reserved.
    void make_room() {
        for (;;) {
            std::size_t places = 0;
            {
                const std::scoped_lock hold(mutex_);
                places = large_.places_wanted();
                if (places == 0) return large_.reserve();
            }
            large_blocks::table wider{static_cast<large_blocks::entry*>(upstream_.allocate(places * sizeof(large_blocks::entry), alignof(large_blocks::entry))),
                                      places};
            {
                const std::scoped_lock hold(mutex_);
                if (large_.places_wanted() == places) wider = large_.move_to(wider);  // else another thread was faster
            }
            give_back(wider);
        }
    }
    void give_back(large_blocks::table old) noexcept {
        if (old.entries != nullptr) upstream_.deallocate(old.entries, old.places * sizeof(large_blocks::entry), alignof(large_blocks::entry));
    }

    const char*  name_;
    std::size_t  chunk_bytes_;
    bool         watched_;
    resource_ptr upstream_;
    Mutex        mutex_;
    chunk*       idle_ = nullptr;
    std::size_t  count_ = 0, idle_count_ = 0;
    large_blocks large_;
};

}  // namespace autopmr

#pragma once
/// \file
/// Blocks on pages of their own beside guard pages: what page_guarded_resource and sampled_guard_resource hand out.
///
/// Use it directly to let several resources share one bounded set of guarded blocks; else take one of those two. A block ends
/// exactly at a guard page where its size is a multiple of its alignment, as every typed container asks; what is left of
/// its pages is checked when it is freed, by verify() and when the pool ends. A freed block faults on any access until
/// `quarantine` more were freed. Metadata is kept apart from the blocks. Any thread; safe after fork; describe(address)
/// (fault_handler.hpp) may ask from a signal handler. The constructor throws out_of_memory; nothing else throws.

#include <autopmr/fault_report.hpp>

#include <cstddef>
#include <cstdint>

namespace autopmr {

/// Which side of a block touches a guard page: its end (exact for typed blocks), its beginning, or either in turn.
enum class guard_placement : unsigned char { after, before, alternate };

struct guard_pool_options {
    guard_placement placement = guard_placement::after;
    std::size_t     most_live = 0;         ///< blocks at once; 0: as many as fit in the address space
    std::size_t     quarantine = std::size_t{1} << 20;  ///< frees for which a freed block still faults
    /// Of this pool alone: two without markers can use up what a process may have.
    std::size_t     vma_budget = 0;        ///< mappings it may cause where the kernel lacks guard markers; 0: half of what a process may have
    bool            guard_markers = true;  ///< false: mprotect, as where the kernel lacks them
    unsigned        frames = 8;            ///< of the call stacks that are kept, at most fault_moment::most_frames; 0: none
};

/// What is known of an address in a guard pool.
struct guarded_block {
    void*       address = nullptr;  ///< null: no block of this pool
    std::size_t bytes = 0;
    std::size_t alignment = 0;
    block_state state = block_state::unknown;
    std::uint32_t owner = 0;  ///< guard_owner::number of whom it is or was
};

struct guard_pool_usage {
    std::size_t live = 0;         ///< blocks
    std::size_t live_bytes = 0;
    std::size_t quarantined = 0;  ///< freed blocks that still fault
    std::size_t mappings = 0;     ///< an upper bound of the VMAs it caused
    bool        guard_markers = false;
};

/// A resource that takes blocks from a pool: the pool tells its blocks from those of others by it. `name` and `subsystem` are
/// immortal; the rest lives as long as it is enlisted.
struct guard_owner {
    const char*   name = "page_guarded";
    const char*   subsystem = "";
    fault_handler on_fault = nullptr;  ///< null: the process's
    leak_answer   leaks = leak_answer::ignore;
    std::uint32_t number = 0;          ///< the pool's
};

struct guard_pool_state;

class guard_pool {
public:
    explicit guard_pool(const guard_pool_options& options = {});
    guard_pool(const guard_pool&) = delete;
    guard_pool& operator=(const guard_pool&) = delete;
    ~guard_pool();

    /// Makes an owner known. False when there are too many (65,534).
    bool enlist(guard_owner& owner) noexcept;
    /// Answers for the owner's blocks that are still live, as its `leaks` says, and puts them in quarantine.
    void dismiss(guard_owner& owner) noexcept;

    /// Null when there is no room: too many live blocks, mappings or bytes. The alignment is a power of two up to 64 KiB. A block of
    /// more than 64 MiB is a mapping of its own, with markers too; the largest is 16 GiB, less where address space is short.
    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment, const guard_owner& owner, const void* caller) noexcept;
    /// Misuse is reported, and the block then stays out of circulation.
    void deallocate(void* block, std::size_t bytes, std::size_t alignment, const guard_owner& owner, const void* caller) noexcept;

    /// Ends the quarantine early of the oldest blocks, until a request of that shape finds a place. False when none can be had so.
    bool recycle(std::size_t bytes, std::size_t alignment) noexcept;

    /// Whether an address lies in pages that this pool reserved: two comparisons.
    [[nodiscard]] bool contains(const void* address) const noexcept {
        return reinterpret_cast<std::uintptr_t>(address) - begin_ < size_;
    }
    /// The block that an address belongs to, live or freed.
    [[nodiscard]] guarded_block find(const void* address) const noexcept;
    /// Looks at every live block's surroundings, reports what was overwritten, and returns how many faults that were.
    std::size_t verify() noexcept;
    /// The same for the blocks of one owner.
    std::size_t verify(const guard_owner& owner) noexcept;
    [[nodiscard]] guard_pool_usage usage() const noexcept;

private:
    std::uintptr_t    begin_ = 0;
    std::size_t       size_ = 0;
    guard_pool_state* state_ = nullptr;
};

}  // namespace autopmr

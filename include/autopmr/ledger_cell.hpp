#pragma once
/// \file
/// What one thread keeps for one ledger: plain stores, no locked instruction.
///
/// The fast half of ledger.hpp, apart so that each can be read alone; use a ledger, not this. Only the owner writes
/// `used` and the counters. It stores its claim and then looks at the bound; who takes credit back moves the bound,
/// makes all threads pass a memory barrier, and then looks at the claims: one of the two sees the other
/// (docs/decisions: counters in line).

#include <autopmr/thread_record.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace autopmr {

struct alignas(64) ledger_cell {
    std::atomic<std::ptrdiff_t>
        used;  ///< bytes charged less bytes retired here; negative where others' blocks are freed
    std::atomic<std::ptrdiff_t> ceiling;  ///< a charge must end below it...
    std::atomic<std::ptrdiff_t> floor;    ///< ...and a retire above it, to be no one else's business
    std::atomic<std::ptrdiff_t>
                             drawn;  ///< this cell's part of what the ledger has granted; `drawn - used` is idle credit
    std::atomic<std::size_t> total, count, freed;
    std::atomic<bool>        touched;

    /// False, with nothing changed, where the credit does not reach. A zeroed cell has none, not even for 0 bytes.
    bool spend(std::size_t bytes) noexcept {
        const auto before = used.load(relaxed);
        const auto after = static_cast<std::ptrdiff_t>(static_cast<std::size_t>(before) + bytes);
        if (bytes > most || after >= ceiling.load(relaxed)) return false;
        used.store(after, relaxed);
        std::atomic_signal_fence(std::memory_order_seq_cst);
        if (after < ceiling.load(relaxed)) return true;
        used.store(before, relaxed);  // taken back at this very moment
        return false;
    }
    void count_block(std::size_t bytes) noexcept {
        total.store(total.load(relaxed) + bytes, relaxed);
        count.store(count.load(relaxed) + 1, relaxed);
    }
    /// False where credit should go back to the ledger; the block is booked either way.
    bool free_block(std::size_t bytes) noexcept {
        freed.store(freed.load(relaxed) + 1, relaxed);
        return unspend(bytes);
    }
    bool unspend(std::size_t bytes) noexcept {
        const auto after = used.load(relaxed) - static_cast<std::ptrdiff_t>(bytes);
        used.store(after, relaxed);
        std::atomic_signal_fence(std::memory_order_seq_cst);
        return after > floor.load(relaxed);
    }

    static constexpr auto        relaxed = std::memory_order_relaxed;
    static constexpr std::size_t most = PTRDIFF_MAX / 2;  ///< no sum overflows; no block is larger
};

/// This thread's cell at an offset in its record; null where it has no record (yet, or any more).
inline ledger_cell* cell_of_this_thread(std::uint32_t offset) noexcept {
    const auto record = reinterpret_cast<std::uintptr_t>(this_thread_record());
    return record <= thread_is_over ? nullptr : reinterpret_cast<ledger_cell*>(record + offset);
}

}  // namespace autopmr

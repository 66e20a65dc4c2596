#pragma once
/// \file
/// What one thread keeps for one ledger: plain stores, no locked instruction.
///
/// The fast half of ledger.hpp, apart so that each can be read alone; use a ledger, not this. Only the owner writes the first three. It
/// stores its claim and then looks at the bound; who takes credit back moves the bound, makes all threads pass a memory
/// barrier, and then looks at the claims: one of the two sees the other (src/ledger.cpp). The bounds are on what was taken and
/// freed in all, so each call reads and writes one number; a thread that reaches a bound looks at both and moves it on.

#include <autopmr/thread_record.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace autopmr {

struct alignas(64) ledger_cell {
    std::atomic<std::size_t> total;      ///< bytes charged here, ever
    std::atomic<std::size_t> count;      ///< how many charges
    std::atomic<std::size_t> freed;      ///< bytes retired here, ever; more than `total` where others' blocks are freed
    std::atomic<std::size_t> total_end;  ///< a charge must end before it...
    std::atomic<std::size_t> freed_end;  ///< ...and a retire before this, to be no one else's business
    std::atomic<std::ptrdiff_t>
        drawn;  ///< this cell's part of what the ledger granted; what is not in use of it is idle credit
    std::atomic<std::ptrdiff_t> most_idle;  ///< how much of that it may keep
    std::atomic<bool>           touched;

    /// False, with nothing changed, at the bound. A zeroed cell has no credit, not even for 0 bytes. `bytes <= most`.
    bool spend(std::size_t bytes) noexcept {
        const std::size_t before = total.load(relaxed), after = before + bytes;
        if (reaches(after, total_end.load(relaxed))) return false;
        total.store(after, relaxed);
        std::atomic_signal_fence(std::memory_order_seq_cst);
        if (reaches(after, total_end.load(relaxed))) {
            total.store(before, relaxed);  // credit is being taken back at this very moment
            return false;
        }
        count.store(count.load(relaxed) + 1, relaxed);
        return true;
    }
    /// The same for a block that exists already: false at the bound, booked either way.
    bool book(std::size_t bytes) noexcept {
        const std::size_t after = total.load(relaxed) + bytes;
        total.store(after, relaxed);
        count.store(count.load(relaxed) + 1, relaxed);
        return !reaches(after, total_end.load(relaxed));
    }
    /// False at the bound; the bytes are booked either way.
    bool unspend(std::size_t bytes) noexcept {
        const std::size_t after = freed.load(relaxed) + bytes;
        freed.store(after, relaxed);
        std::atomic_signal_fence(std::memory_order_seq_cst);
        return !reaches(after, freed_end.load(relaxed));
    }

    static bool reaches(std::size_t at, std::size_t end) noexcept { return static_cast<std::ptrdiff_t>(at - end) >= 0; }
    static constexpr auto        relaxed = std::memory_order_relaxed;
    static constexpr std::size_t most = PTRDIFF_MAX / 4;  ///< no block is larger, and no sum of a few wraps
};

}  // namespace autopmr

#pragma once
/// \file
/// What one thread keeps for one trace file, and an event in 8 bytes: plain stores, no locked instruction.
///
/// The fast half of trace_file.hpp, apart so that each can be read alone; nothing to use outside of autopmr. Only the owner writes
/// `next`, and stores it after the event: whoever reads it has all events before it whole. Whoever closes the cell clears `end`,
/// and the owner's next event comes to the slow path, as does one that 8 bytes do not hold or for which the clock is due.
/// docs/trace-format.md has the bits. Any thread; nothing throws.

#include <autopmr/thread_record.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace autopmr {

enum class trace_op : std::uint8_t { allocate, deallocate, failed };

struct trace_buffer;  // src/trace_file_buffers.hpp

struct alignas(64) trace_cell {
    std::atomic<std::uint64_t*> next;        ///< where the next event goes
    std::atomic<std::uint64_t*> end;         ///< there the clock is due or the buffer is full; null: closed, or not yet open
    std::uint64_t               base;        ///< addresses count from here
    std::uint64_t               generation;  ///< the file that this is for: no two have the same
    trace_buffer*               buffer;

    static constexpr unsigned op_at = 1, alignment_at = 2, bytes_at = 7, subsystem_at = 23, away_at = 34;
    static constexpr unsigned away_bits = 64 - away_at;  // of 8 bytes each: a window of 8 GiB
    static constexpr std::size_t most_bytes = 0xffff, most_alignment = 16;

    /// False, with nothing changed, where this is for the slow path. `mark`: the subsystem in its place, and 1.
    bool put(trace_op op, const void* block, std::size_t bytes, std::size_t alignment, std::uint64_t whose, std::uint64_t mark) noexcept {
        std::uint64_t* const at = next.load(std::memory_order_relaxed);
        const std::uint64_t  far = reinterpret_cast<std::uintptr_t>(block) - base;
        const std::uint64_t  away = far >> 3 | far << 61;  // what is no multiple of 8 becomes very large
        if (at >= end.load(std::memory_order_relaxed) || generation != whose || away >> away_bits != 0 || bytes > most_bytes ||
            ((alignment - 1) & (alignment | ~(most_alignment - 1))) != 0)  // no power of two, or a large one
            return false;
        *at = away << away_at | bytes << bytes_at | alignment << alignment_at | std::uint64_t(op) << op_at | mark;
        next.store(at + 1, std::memory_order_release);
        return true;
    }
};

/// One name in one trace file: what an observer keeps. Stays valid, and then does nothing but count, when the file is gone.
class trace_subject {
public:
    trace_subject(std::uint64_t generation, std::uint32_t slot, std::uint32_t number) noexcept;

    void put(trace_op op, const void* block, std::size_t bytes, std::size_t alignment) const noexcept {
        const auto record = reinterpret_cast<std::uintptr_t>(this_thread_record());
        if (record <= thread_is_over || !reinterpret_cast<trace_cell*>(record + offset_)->put(op, block, bytes, alignment, generation_, mark_))
            put_slowly(op, block, bytes, alignment);
    }
    [[gnu::cold]] void put_slowly(trace_op op, const void* block, std::size_t bytes, std::size_t alignment) const noexcept;

private:
    std::uint64_t  generation_, mark_;
    std::uintptr_t offset_;  ///< of the cell in a thread's record
};

}  // namespace autopmr

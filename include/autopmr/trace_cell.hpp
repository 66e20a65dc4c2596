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
    std::atomic<std::uint64_t*> next;  ///< where the next event goes
    std::atomic<std::uint64_t*> end;   ///< there the clock is due or the buffer is full; null: closed, or not yet open
    std::uint64_t               base;  ///< addresses count from here
    trace_buffer*               buffer;

    static constexpr unsigned      op_at = 1, alignment_at = 2, bytes_at = 7, subsystem_at = 23, away_at = 34;
    static constexpr std::uint64_t most_away =
        (std::uint64_t{1} << (64 - away_at)) - 1;  // of 8 bytes each: a window of 8 GiB
    static constexpr std::size_t most_bytes = 0xffff, most_alignment = 31;

    /// False, with nothing changed, where this is for the slow path. `mark`: the subsystem in its place, and 1.
    bool put(trace_op op, const void* block, std::size_t bytes, std::size_t alignment, std::uint64_t mark) noexcept {
        std::uint64_t* const at = next.load(std::memory_order_relaxed);
        if (__builtin_expect(at >= end.load(std::memory_order_relaxed), 0)) return false;
        const std::uint64_t far = reinterpret_cast<std::uintptr_t>(block) - base;
        const std::uint64_t away = far >> 3 | far << 61;  // what is no multiple of 8 becomes very large
        if (__builtin_expect(away > most_away, 0)) return false;
        // Sums, of parts that do not overlap: the processor adds two of them and shifts at once.
        *at = (away << away_at) + (bytes << bytes_at) + ((alignment << alignment_at) + mark + (std::uint64_t(op) << op_at));
        next.store(at + 1, std::memory_order_release);
        return true;
    }
};

/// One name in one trace file: what an observer keeps. It may outlive the file, and then only counts.
class trace_subject {
public:
    trace_subject(std::uint32_t slot, std::uint32_t number) noexcept;  // made by trace_file::subject alone
    trace_subject(const trace_subject&) = delete;
    trace_subject& operator=(const trace_subject&) = delete;
    ~trace_subject();

    void put(trace_op op, const void* block, std::size_t bytes, std::size_t alignment) const noexcept {
        // One by one, with loads in between: asked all at once the conditions become numbers, and twice as many instructions.
        if (__builtin_expect(bytes > trace_cell::most_bytes, 0)) return put_slowly(op, block, bytes, alignment);
        const auto record = reinterpret_cast<std::uintptr_t>(this_thread_record());
        if (__builtin_expect(record <= thread_is_over, 0)) return put_slowly(op, block, bytes, alignment);
        auto* const cell = reinterpret_cast<trace_cell*>(record + offset_);
        if (__builtin_expect(alignment > trace_cell::most_alignment, 0)) return put_slowly(op, block, bytes, alignment);
        if (__builtin_expect(!cell->put(op, block, bytes, alignment, mark_), 0)) put_slowly(op, block, bytes, alignment);
    }
    [[gnu::cold]] void put_slowly(trace_op op, const void* block, std::size_t bytes, std::size_t alignment) const noexcept;

private:
    std::uint64_t  mark_;
    std::uintptr_t offset_;  ///< of the cell in a thread's record
};

}  // namespace autopmr

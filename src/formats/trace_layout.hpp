#pragma once
/// \file
/// What stands where in a trace file, for its writer and its reader. docs/trace-format.md is the same in words.

#include <autopmr/trace_cell.hpp>

#include <cstdint>
#include <type_traits>

namespace autopmr::trace_layout {

constexpr char          file_mark[8] = {'A', 'U', 'T', 'O', 'P', 'M', 'R', 'T'};
constexpr std::uint32_t version = 1;
constexpr std::uint32_t byte_order = 0x01020304;  // as its writer had it

struct file_header {
    char          mark[8];
    std::uint32_t version, byte_order;
    std::uint64_t process, parent;     // parent: of a forked child's file; else 0
    std::uint64_t ticks, nanoseconds;  // two clocks, read together
    std::uint64_t wall_nanoseconds;    // since 1970, read with them
};
static_assert(sizeof(file_header) == 56 && std::is_trivially_copyable_v<file_header>);

enum class chunk_kind : std::uint32_t { events = 1, name = 2, end = 3 };
constexpr std::uint32_t chunk_mark = 0x68435441;  // "ATCh" in a little-endian file

struct chunk_header {
    std::uint32_t mark;
    chunk_kind    kind;
    std::uint32_t bytes;    // of what follows; a multiple of 8
    std::uint32_t number;   // events: of the stream; name: of the subsystem
    std::uint32_t count;    // events: how many; name: its bytes without the padding
    std::uint32_t goes_on;  // events: 1 where the stream's state is that of its last chunk
    std::uint64_t thread;
    std::uint64_t ticks, nanoseconds;  // when it was written
};
static_assert(sizeof(chunk_header) == 48 && std::is_trivially_copyable_v<chunk_header>);

struct end_chunk {
    std::uint64_t written, dropped;
};

/// The words of events. Bit 0 set: an event that trace_cell::put wrote. Else bits 1 and 2 are the form, and the next two the op.
enum class form : unsigned { stamp = 0, full = 1, wide = 2 };
constexpr unsigned form_at = 1, full_op_at = 3, full_alignment_at = 5, full_subsystem_at = 11, full_delta_at = 21,
                   full_bytes_at = 46;
constexpr unsigned stamp_at = 3, subsystem_bits = 10, alignment_bits = 6, delta_bits = full_bytes_at - full_delta_at,
                   low_bytes_bits = 16;
constexpr unsigned full_bytes_bits = 64 - full_bytes_at + low_bytes_bits, full_address_bits = 64 - low_bytes_bits;
constexpr unsigned full_words = 2, wide_words = 4;

constexpr std::uint64_t ones(unsigned bits) noexcept { return (std::uint64_t{1} << bits) - 1; }

/// How many words an event or a stamp that begins with this one has; 0: there is no such form.
constexpr unsigned words_of(std::uint64_t first) noexcept {
    if ((first & 1) != 0) return 1;
    switch (static_cast<form>(first >> form_at & 3)) {
        case form::stamp: return 1;
        case form::full: return full_words;
        case form::wide: return wide_words;
    }
    return 0;
}
constexpr bool is_stamp(std::uint64_t first) noexcept { return (first & 7) == 0; }

/// After an event that gives its whole address, short ones count from here: 4 GiB to both sides.
constexpr std::uint64_t base_after(std::uint64_t address, std::uint64_t base) noexcept {
    return address == 0 ? base : (address & ~std::uint64_t{7}) - (trace_cell::most_away + 1) * 4;
}

}  // namespace autopmr::trace_layout

#pragma once
/// \file
/// What stands where in a saved fault report, for its writer and its reader. docs/fault-format.md is the same in words.

#include <autopmr/fault_report.hpp>

#include <cstdint>
#include <type_traits>

namespace autopmr::fault_layout {

constexpr char          file_mark[8] = {'A', 'U', 'T', 'O', 'P', 'M', 'R', 'F'};
constexpr std::uint32_t version = 1;
constexpr std::uint32_t byte_order = 0x01020304;  // as its writer had it
constexpr std::uint32_t mapping_mark = 0x4d414d41, end_mark = 0x444e4d41;  // "AMAM", "AMND" in a little-endian file
constexpr std::uint32_t longest_name = 4096;

struct moment {
    std::uint64_t sequence, thread, depth;
    std::uint64_t frames[fault_moment::most_frames];
};

struct file_header {
    char          mark[8];
    std::uint32_t version, byte_order;
    std::uint32_t report_version, kind, access, state;
    std::uint32_t resource_bytes, subsystem_bytes;  // of the names, which follow the header
    std::uint64_t process;
    std::uint64_t address, expected_bytes, expected_alignment, given_bytes, given_alignment;
    std::uint64_t block, past_end, before_start, frees_ago;
    moment        found, allocated, deallocated;
};
static_assert(sizeof(file_header) == 480 && std::is_trivially_copyable_v<file_header>);

/// Then mappings, each followed by its name, and one more with the mark of the end and nothing else in it.
struct mapping_header {
    std::uint32_t mark, name_bytes;
    std::uint64_t begin, end, offset;
};
static_assert(sizeof(mapping_header) == 32 && std::is_trivially_copyable_v<mapping_header>);

}  // namespace autopmr::fault_layout

#pragma once
/// \file
/// What a trace says in all: per subsystem, by size, by lifetime, and what was never freed.

#include "src/formats/trace.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace autopmr::cli {

struct trace_subsystem {
    std::string   name;
    std::uint64_t allocations = 0, deallocations = 0, failures = 0;
    std::uint64_t bytes = 0;      ///< ever allocated
    std::uint64_t live = 0;       ///< bytes at the end
    std::uint64_t peak = 0;       ///< most bytes at once, in the order of the events
    std::uint64_t unmatched = 0;  ///< frees of what was not allocated in this trace, or not with that size and alignment
};

/// Blocks that have something in common.
struct trace_group {
    std::uint64_t blocks = 0, bytes = 0;
};

struct trace_summary {
    std::uint64_t                threads = 0, nanoseconds = 0;  ///< from the file's beginning to the last event
    trace_subsystem              all;
    std::vector<trace_subsystem> subsystems;
    std::array<trace_group, 65>  sizes;      ///< [n]: of less than 2^n bytes and no less than half of that; [0]: of no bytes
    std::array<trace_group, 9>   lifetimes;  ///< [n]: of less than 10^n microseconds; the last: longer
    std::vector<std::pair<std::uint64_t, trace_group>> common_sizes;  ///< by bytes of a block, the most bytes in all first
    /// Never freed: by subsystem and bytes of a block, the most bytes in all first.
    std::vector<std::pair<std::pair<std::uint16_t, std::uint64_t>, trace_group>> left;
};

[[nodiscard]] trace_summary summary_of(const trace_contents& trace);

}  // namespace autopmr::cli

#pragma once
/// \file
/// Reads a trace file (docs/trace-format.md): all threads' events in one order, and what is wrong with the file.
///
/// Any bytes may come in. What is whole is given, and what is not is said with its offset. Holds the file and some 60 bytes an event
/// in memory. Throws std::bad_alloc.

#include <autopmr/trace_cell.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace autopmr {

struct traced_event {
    std::uint64_t time = 0;   ///< nanoseconds since the file was begun: not before this...
    std::uint64_t until = 0;  ///< ...and not after this; the same where the clock was read for this event
    std::uint64_t address = 0, bytes = 0, alignment = 0;
    std::uint64_t thread = 0;     ///< the system's number of it
    std::uint32_t stream = 0;     ///< numbers threads too, and no two have the same; 0: of threads that were already ending
    std::uint16_t subsystem = 0;  ///< an index of trace_contents::subsystems
    trace_op      op = trace_op::allocate;
};

struct trace_contents {
    std::string   error;   ///< why nothing could be read; empty: something could
    std::string   damage;  ///< the first thing that is missing or broken, and where; what else is whole was read
    std::uint32_t version = 0;
    std::uint64_t process = 0, parent = 0;  ///< parent: of a forked child's file; else 0
    std::uint64_t wall_nanoseconds = 0;     ///< when it was begun, since 1970
    bool          closed = false;  ///< its writer came to the end, and counted as follows; else it runs, or was killed
    std::uint64_t written = 0, dropped = 0;
    std::uint32_t streams = 0;
    std::vector<std::string>  subsystems;
    std::vector<traced_event> events;

    [[nodiscard]] bool ok() const noexcept { return error.empty(); }
};

[[nodiscard]] trace_contents read_trace(std::string_view file);
[[nodiscard]] trace_contents read_trace_file(const char* path);

/// Each stream's events are in order; this makes one order of all of them. By time, as far as the clock was read: within that no
/// block is freed before it was allocated, nor an address given out twice without being freed between.
[[nodiscard]] std::vector<traced_event> merge_streams(const std::vector<std::vector<traced_event>>& streams);

}  // namespace autopmr

#pragma once
/// \file
/// A file of what was allocated and freed, event by event: what `tracing` writes to.
///
/// Each thread gathers its events in a buffer of 64 KiB, and writes them when that is full and when the thread ends; flush(),
/// close(), the destructor and the end of the program (return from main, std::exit) write what all threads have. A program that is
/// killed, aborts or calls _exit loses what was not yet written. The clock is read for every event where they are rarer than some
/// 400 ns, and for every 128th in a tight loop. In the file an event takes 8 bytes, and 16 where it has a time of its own or is
/// an unusual one (docs/trace-format.md).
///
/// A file that can't be made or written is said once on standard error and in error(); the events from then on are
/// counted as dropped, and the program goes on. `autopmr trace FILE` reads a file; docs/trace-format.md says what is in it.
/// Any thread. Nothing throws, and nothing allocates but whole pages of the system's. At most 63 are open at a time.

#include <autopmr/trace_cell.hpp>

#include <cstdint>
#include <string_view>

namespace autopmr {

/// What a forked child does with the events of its own. Those of the parent stay the parent's either way.
enum class trace_fork : std::uint8_t {
    own_file,  ///< they go to a file beside the parent's, PATH.PROCESS, made when the first of them is written
    stop       ///< they are counted as dropped
};

struct trace_status {
    std::uint64_t written = 0;  ///< events that are in the file; those in buffers are not counted
    std::uint64_t dropped = 0;  ///< events that are lost: the file failed, was closed, or the child of a fork does not trace
    std::uint64_t bytes = 0;    ///< of the file
};

class trace_file {
public:
    /// Makes the file, or empties it. Its owner alone may read it, since addresses are secrets of a program.
    explicit trace_file(std::string_view path, trace_fork in_child = trace_fork::own_file) noexcept;
    trace_file(const trace_file&) = delete;
    trace_file& operator=(const trace_file&) = delete;
    /// Closes. Observers may live on: their events are no longer counted by anyone.
    ~trace_file();

    /// False as soon as something could not be written.
    [[nodiscard]] bool ok() const noexcept { return error().empty(); }
    /// What went wrong first, in one line; empty when all is well.
    [[nodiscard]] std::string_view error() const noexcept;
    [[nodiscard]] trace_status     status() const noexcept;

    /// Writes what all threads have in their buffers. False where the file failed.
    bool flush() noexcept;
    /// The same, for the last time; later events, and those that are recorded at this very moment, are dropped.
    bool close() noexcept;

    /// What an observer of this name puts its events to. The same name is the same subject; names past 255 bytes are cut, and
    /// the 1024th and later ones share a subject named "(others)".
    [[nodiscard]] trace_subject subject(std::string_view name) noexcept;

private:
    std::uint32_t slot_;
};

}  // namespace autopmr

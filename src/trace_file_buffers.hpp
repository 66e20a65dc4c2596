#pragma once
/// \file
/// Behind trace_file.hpp: the files that are open, and the buffers of the threads that put events to them.
///
/// A slot holds one file at a time; its cell has the same place in every thread's record. A buffer belongs to the cell, from
/// the thread's first event in that slot until the thread ends, whichever files come and go. Everything of a slot but the atomics is
/// its lock's, and that is the only lock held while a file is written. The lock of the books comes before.

#include <autopmr/trace_file.hpp>

#include "src/formats/trace_layout.hpp"
#include "src/support/per_thread.hpp"

#include <autopmr/fixed_text.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>

namespace autopmr {

struct trace_event {
    trace_op      op;
    std::uint64_t address, bytes, alignment, subsystem;
};

constexpr std::size_t trace_buffer_bytes = 64 << 10;
constexpr std::size_t chunk_header_words = sizeof(trace_layout::chunk_header) / sizeof(std::uint64_t);
constexpr std::size_t most_event_words = trace_layout::wide_words + 1;  // with a stamp before

struct trace_buffer {
    trace_buffer*  next_of_slot;
    trace_cell*    cell;
    std::uint64_t  generation;  ///< whose events these are
    std::uint64_t  thread;
    std::uint32_t  stream;
    bool           goes_on;  ///< the file has the beginning of what is in it
    std::uint64_t* flushed;  ///< up to here
    std::uint64_t  flushed_events;
    // The owner's alone: the time of its last event, where it looked at the clock last, and the words that are no events.
    std::uint64_t  time;
    std::uint64_t* looked;
    std::uint64_t  more_words;

    std::uint64_t* words() noexcept { return reinterpret_cast<std::uint64_t*>(this + 1) + chunk_header_words; }
    std::uint64_t* last() noexcept {  // an event that begins before it has room
        return reinterpret_cast<std::uint64_t*>(reinterpret_cast<char*>(this) + trace_buffer_bytes) - most_event_words;
    }
};

struct trace_sink {
    enum class state : std::uint8_t { free, open, failed, closed, stopped };  // stopped: in a child that is not to trace

    std::mutex                 lock;
    std::atomic<state>         now{state::free};
    std::atomic<std::uint64_t> written{0}, dropped{0}, bytes{0};
    std::uint64_t              generation = 0;  ///< of the file: no two have the same
    std::size_t                users = 0;       ///< the trace_file and its subjects: the slot is theirs
    trace_fork                 in_child = trace_fork::own_file;
    int                        file = -1;   ///< -1 in a child that has not written yet
    std::uint64_t              parent = 0;  ///< the process that this one was forked from
    std::uint32_t              streams = 0, names = 0;
    std::size_t                names_bytes = 0;
    char*             memory = nullptr;  ///< the path, and the chunks of all names: a child's file begins with them too
    trace_buffer*     buffers = nullptr;
    bool              reusable = true;  ///< no thread can still believe that the file is open
    std::atomic<bool> has_failed{false};
    fixed_text<512>   error;  ///< not changed any more once it has

    // With the lock held:
    void          open(std::string_view path, trace_fork fork) noexcept;
    bool          begin_file() noexcept;  ///< false where it failed
    std::uint32_t number_of(std::string_view name) noexcept;
    /// Writes what there is of a buffer: anyone may, up to what is whole. The owner knows where that is, and how many events.
    void flush(trace_buffer& buffer) noexcept;
    void flush(trace_buffer& buffer, std::uint64_t* to, std::uint64_t events) noexcept;
    void flush_all() noexcept;
    /// An event of a thread that has no buffer.
    void write_alone(const trace_event& event) noexcept;
    /// The next event of every thread comes to the slow path; those that were under way may still enter a buffer. False where
    /// the system can't make sure of that.
    bool disarm() noexcept;
    void count_as_dropped(trace_buffer& buffer) noexcept;
    void fail(std::string_view what, int reason) noexcept;
    void close() noexcept;
    void leave() noexcept;  ///< a user goes
    void write(const void* what, std::size_t size) noexcept;
    /// The header goes right before the events: what stands there is in the file already, or is room for it.
    void write_events(trace_layout::chunk_header header, std::uint64_t* events) noexcept;

    static constexpr std::size_t most_path = 4096, memory_bytes = 320 << 10, most_name = 255;
};

constexpr std::uintptr_t offset_of_trace(std::uint32_t slot) noexcept {
    return per_thread::traces_begin + slot * sizeof(trace_cell);
}
constexpr std::uint32_t slot_of_trace(std::uintptr_t offset) noexcept {
    return static_cast<std::uint32_t>((offset - per_thread::traces_begin) / sizeof(trace_cell));
}

/// Slot 0 holds no file, ever: it is for observers whose file found no slot.
extern trace_sink trace_sinks[per_thread::trace_slots];

/// After the program's end has begun every event is written at once: nobody comes to write the buffers later.
extern std::atomic<bool> traces_are_ending;

/// What happens around fork, when a thread ends and when the program ends is taken care of from now on.
void watch_traces() noexcept;
/// Over which slots are taken; comes before the locks of the slots.
std::mutex& trace_slots_lock() noexcept;
/// One line on standard error.
void say_of_trace(std::string_view path, std::string_view what, int reason) noexcept;

/// Appends a stamp where the time is new, and the event; past the end of both.
std::uint64_t* encode_event(
    std::uint64_t* at, const trace_event& event, std::uint64_t& base, std::uint64_t& time, std::uint64_t now) noexcept;
std::uint64_t count_events(const std::uint64_t* from, const std::uint64_t* to) noexcept;
/// A header with the clocks read.
trace_layout::chunk_header chunk_now() noexcept;

}  // namespace autopmr

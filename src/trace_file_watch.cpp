// What becomes of buffers when their thread ends, in the child of a fork, and when the program ends.
#include "src/platform/os.hpp"
#include "src/trace_file_buffers.hpp"

#include <atomic>
#include <cstdlib>
#include <mutex>

namespace autopmr {
namespace {

using state = trace_sink::state;

constinit std::mutex    the_slots_lock;
constinit std::uint64_t locked = 0;  // by before_fork: a bit for each slot
constinit unsigned long forking_process = 0;

void drop_buffer(trace_sink& sink, trace_buffer& buffer) noexcept {
    trace_buffer** link = &sink.buffers;
    while (*link != &buffer) link = &(*link)->next_of_slot;
    *link = buffer.next_of_slot;
    trace_cell& cell = *buffer.cell;
    cell.end.store(nullptr);
    cell.next.store(nullptr);
    cell.buffer = nullptr;
    os::unmap_pages(&buffer, trace_buffer_bytes);
}

void thread_ends(thread_record& mine) noexcept {
    for (std::uint32_t slot = 1; slot != per_thread::trace_slots; ++slot) {
        trace_buffer* const buffer = mine.trace(slot).buffer;
        if (buffer == nullptr) continue;
        trace_sink&            sink = trace_sinks[slot];
        const std::scoped_lock hold(sink.lock);
        if (buffer->generation == sink.generation) {
            if (sink.now.load() == state::open) sink.flush(*buffer);
            else sink.count_as_dropped(*buffer);
        }
        drop_buffer(sink, *buffer);
    }
}

void before_fork() noexcept {
    the_slots_lock.lock();
    forking_process = os::process_number();
    locked = 0;
    // Not those that were never opened: some tools watch no more than 64 locks at a time. Nobody opens one meanwhile; but one that is
    // free again may still be locked by who closed it, and the first stands for files that found no slot.
    for (std::uint32_t slot = 0; slot != per_thread::trace_slots; ++slot) {
        if (slot != 0 && trace_sinks[slot].generation == 0) continue;
        trace_sinks[slot].lock.lock();
        locked |= std::uint64_t{1} << slot;
    }
}

template <class Call>
void for_each_locked(Call call) noexcept {
    for (std::uint32_t slot = 0; slot != per_thread::trace_slots; ++slot) {
        if ((locked >> slot & 1) != 0) call(trace_sinks[slot]);
    }
}

void in_parent() noexcept {
    for_each_locked([](trace_sink& sink) { sink.lock.unlock(); });
    the_slots_lock.unlock();
}

void in_child() noexcept {
    for_each_locked([](trace_sink& sink) {
        // What is in the buffers is the parent's, which writes it; and so is the file.
        while (sink.buffers != nullptr) drop_buffer(sink, *sink.buffers);
        if (sink.file >= 0) os::close_file(sink.file);
        sink.file = -1;
        sink.written = sink.dropped = sink.bytes = 0;
        sink.streams = 0;
        sink.parent = forking_process;
        if (sink.now.load() == state::open && sink.in_child == trace_fork::stop) sink.now = state::stopped;
        sink.lock.unlock();
    });
    the_slots_lock.unlock();
}

constinit per_thread::guest the_guest{thread_ends, before_fork, in_parent, in_child};

void program_ends() noexcept {
    traces_are_ending = true;
    for (trace_sink& sink : trace_sinks) {
        const std::scoped_lock hold(sink.lock);
        if (sink.now.load() != state::open) continue;
        sink.disarm();
        sink.flush_all();
    }
}

}  // namespace

constinit std::atomic<bool> traces_are_ending{false};

std::mutex& trace_slots_lock() noexcept { return the_slots_lock; }

void watch_traces() noexcept {
    per_thread::invite(the_guest);
    static constinit std::atomic<bool> watched{false};  // registered twice does no harm
    if (!watched.load(std::memory_order_acquire)) watched = std::atexit([] { program_ends(); }) == 0;
}

}  // namespace autopmr

// How an event gets into its thread's buffer where trace_cell::put did not do it: the clock is due, the event is an unusual one,
// the buffer is full or not there yet, or the file is closed.
//
// The owner of a cell appends without the lock; `next` is stored last, so that others may write what is before it to the file.
// Who closes a cell clears `end`, under the lock; the owner moves it on by compare-and-exchange, which fails where it was cleared.
#include "src/trace_file_buffers.hpp"
#include "src/platform/os.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <mutex>

namespace autopmr {
namespace {

using namespace trace_layout;
using std::memory_order_relaxed;
using std::memory_order_release;

// The clock is read so often that it costs little: for each event where they are rarer than this many ticks.
constexpr std::uint64_t rare_ticks = 64, most_without_clock = 128;

std::uint64_t common(const trace_event& event, form which, std::uint64_t delta) noexcept {
    return static_cast<std::uint64_t>(which) << form_at | static_cast<std::uint64_t>(event.op) << full_op_at |
           event.subsystem << full_subsystem_at | delta << full_delta_at;
}

// At a new time: how many words from here on need no clock.
std::uint64_t words_without_clock(std::uint64_t words_before, std::uint64_t ticks_before) noexcept {
    return std::clamp<std::uint64_t>(
               words_before * rare_ticks / std::max<std::uint64_t>(ticks_before, 1), 1, most_without_clock) -
           1;
}

// Owner only. The clock is read where that is due, and the event stands in the buffer; what may come without the clock is returned.
std::uint64_t append(trace_cell& cell, const trace_event& event, bool clock_is_due) noexcept {
    trace_buffer&        buffer = *cell.buffer;
    std::uint64_t* const at = cell.next.load(memory_order_relaxed);
    const std::uint64_t  now = clock_is_due ? std::max<std::uint64_t>(os::clock_ticks(), buffer.time) : buffer.time;
    const std::uint64_t  ticks = now - buffer.time, words = static_cast<std::uint64_t>(at - buffer.looked) + 1;
    std::uint64_t* const after = encode_event(at, event, cell.base, buffer.time, now);
    buffer.more_words += static_cast<std::uint64_t>(after - at) - 1;
    if (clock_is_due) buffer.looked = after;
    cell.next.store(after, memory_order_release);
    return words_without_clock(words, ticks);
}

std::uint64_t* end_after(const trace_cell& cell, std::uint64_t words) noexcept {
    return std::min(cell.next.load(memory_order_relaxed) + words, cell.buffer->last());
}

// From here on the buffer is empty, and what comes stands by itself.
void restart(trace_cell& cell) noexcept {
    trace_buffer& buffer = *cell.buffer;
    cell.base = 0;
    buffer.flushed = buffer.looked = buffer.words();
    buffer.flushed_events = buffer.more_words = buffer.time = 0;
    buffer.goes_on = false;
    cell.next.store(buffer.words(), memory_order_release);
}

bool give_buffer(trace_sink& sink, trace_cell& cell) noexcept {
    if (cell.buffer != nullptr) return true;
    auto* const buffer = static_cast<trace_buffer*>(os::map_pages(trace_buffer_bytes));
    if (buffer == nullptr) return false;
    buffer->cell = &cell;
    buffer->next_of_slot = sink.buffers;
    sink.buffers = buffer;
    cell.buffer = buffer;
    return true;
}

// With the lock, on the owner's thread, for a file that is open.
void append_slowly(trace_sink& sink, trace_cell& cell, const trace_event& event) noexcept {
    if (!give_buffer(sink, cell)) return sink.write_alone(event);
    trace_buffer& buffer = *cell.buffer;
    if (buffer.generation != sink.generation) {
        buffer.generation = sink.generation;
        buffer.thread = os::thread_number();
        buffer.stream = ++sink.streams;
        restart(cell);
    } else if (std::uint64_t* const at = cell.next.load(memory_order_relaxed); at >= buffer.last()) {
        sink.flush(buffer, at, static_cast<std::uint64_t>(at - buffer.words()) - buffer.more_words - buffer.flushed_events);
        if (sink.now.load() != trace_sink::state::open) {
            ++sink.dropped;
            return;
        }
        restart(cell);
    }
    const std::uint64_t words = append(cell, event, true);
    if (traces_are_ending.load()) sink.flush(buffer);
    else cell.end.store(end_after(cell, words));
}

struct kept_errno {
    const int before = errno;
    ~kept_errno() { errno = before; }
};

}  // namespace

std::uint64_t* encode_event(
    std::uint64_t* at, const trace_event& event, std::uint64_t& base, std::uint64_t& time, std::uint64_t now) noexcept {
    const std::uint64_t far = event.address - base, away = std::rotr(far, 3);
    const bool          is_power = event.alignment != 0 && (event.alignment & (event.alignment - 1)) == 0;
    const bool          is_short = event.op != trace_op::failed && away <= trace_cell::most_away &&
                          event.bytes <= trace_cell::most_bytes && event.alignment <= trace_cell::most_alignment;
    std::uint64_t delta = now - time;
    if (delta != 0 && (is_short || delta > ones(delta_bits))) {
        *at++ = now << stamp_at;
        delta = 0;
    }
    time = now;
    if (is_short) {
        *at++ = away << trace_cell::away_at | event.subsystem << trace_cell::subsystem_at |
                event.bytes << trace_cell::bytes_at | event.alignment << trace_cell::alignment_at |
                static_cast<std::uint64_t>(event.op) << trace_cell::op_at | 1;
        return at;
    }
    base = base_after(event.address, base);
    if (event.bytes <= ones(full_bytes_bits) && event.address <= ones(full_address_bits) && is_power) {
        *at++ = common(event, form::full, delta) |
                static_cast<std::uint64_t>(std::countr_zero(event.alignment)) << full_alignment_at |
                event.bytes >> low_bytes_bits << full_bytes_at;
        *at++ = event.address << low_bytes_bits | (event.bytes & ones(low_bytes_bits));
        return at;
    }
    *at++ = common(event, form::wide, delta);
    *at++ = event.address;
    *at++ = event.bytes;
    *at++ = event.alignment;
    return at;
}

std::uint64_t count_events(const std::uint64_t* from, const std::uint64_t* to) noexcept {
    std::uint64_t events = 0;
    for (; from < to; from += words_of(*from)) events += is_stamp(*from) ? 0 : 1;
    return events;
}

void trace_subject::put_slowly(trace_op op, const void* block, std::size_t bytes, std::size_t alignment) const noexcept {
    const std::uint32_t slot = slot_of_trace(offset_);
    trace_sink&         sink = trace_sinks[slot];
    const kept_errno    on_return;
    if (sink.now.load() != trace_sink::state::open) {
        ++sink.dropped;
        return;
    }
    const trace_event event{
        op, reinterpret_cast<std::uintptr_t>(block), bytes, alignment, mark_ >> trace_cell::subsystem_at};
    thread_record* const record = per_thread::current_or_new();
    bool                 is_in = false;
    if (record != nullptr) {
        trace_cell&    cell = record->trace(slot);
        std::uint64_t* end = cell.end.load(std::memory_order_acquire);
        if (std::uint64_t* const at = cell.next.load(memory_order_relaxed); end != nullptr && at < cell.buffer->last()) {
            const bool          due = at >= end;
            const std::uint64_t words = append(cell, event, due);
            if (due ? cell.end.compare_exchange_strong(end, end_after(cell, words)) : cell.end.load() != nullptr) return;
            is_in = true;  // but the cell was closed meanwhile
        }
    }
    const std::scoped_lock hold(sink.lock);
    const bool             open = sink.now.load() == trace_sink::state::open;
    if (is_in) open ? sink.flush(*record->trace(slot).buffer) : sink.count_as_dropped(*record->trace(slot).buffer);
    else if (!open) ++sink.dropped;
    else if (record == nullptr) sink.write_alone(event);
    else append_slowly(sink, record->trace(slot), event);
}

}  // namespace autopmr

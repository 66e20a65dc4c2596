#include <autopmr/trace_file.hpp>

#include "src/platform/os.hpp"
#include "src/trace_file_buffers.hpp"

#include <mutex>

namespace autopmr {
namespace {

using state = trace_sink::state;

constinit std::atomic<std::uint64_t> last_generation{0};
constexpr std::string_view           no_slot = "more than 63 trace files are open: close one first";

// The slot, open or failed; 0 where all are taken.
std::uint32_t open_in_a_slot(std::string_view path, trace_fork in_child) noexcept {
    const std::scoped_lock hold(trace_slots_lock());
    for (std::uint32_t slot = 1; slot != per_thread::trace_slots; ++slot) {
        trace_sink&            sink = trace_sinks[slot];
        const std::scoped_lock hold_sink(sink.lock);
        if (sink.now.load() != state::free) continue;
        sink.generation = ++last_generation;
        sink.users = 1;
        sink.open(path, in_child);
        return slot;
    }
    return 0;
}

void leave(std::uint32_t slot) noexcept {
    if (slot == 0) return;
    const std::scoped_lock hold(trace_sinks[slot].lock);
    trace_sinks[slot].leave();
}

}  // namespace

trace_subject::trace_subject(std::uint32_t slot, std::uint32_t number) noexcept
    : mark_(std::uint64_t{number} << trace_cell::subsystem_at | 1), offset_(offset_of_trace(slot)) {}

trace_subject::~trace_subject() { leave(slot_of_trace(offset_)); }

trace_file::trace_file(std::string_view path, trace_fork in_child) noexcept : slot_(0) {
    watch_traces();
    slot_ = open_in_a_slot(path, in_child);
    if (slot_ == 0) say_of_trace(path, no_slot, 0);
}

trace_file::~trace_file() {
    close();
    leave(slot_);
}

std::string_view trace_file::error() const noexcept {
    if (slot_ == 0) return no_slot;
    const trace_sink& sink = trace_sinks[slot_];
    return sink.has_failed.load(std::memory_order_acquire) ? sink.error.view() : std::string_view();
}

trace_status trace_file::status() const noexcept {
    const trace_sink& sink = trace_sinks[slot_];
    return {sink.written.load(), sink.dropped.load(), sink.bytes.load()};
}

bool trace_file::flush() noexcept {
    trace_sink&            sink = trace_sinks[slot_];
    const std::scoped_lock hold(sink.lock);
    sink.flush_all();
    return ok();
}

bool trace_file::close() noexcept {
    trace_sink&            sink = trace_sinks[slot_];
    const std::scoped_lock hold(sink.lock);
    sink.close();
    return ok();
}

trace_subject trace_file::subject(std::string_view name) noexcept {
    if (slot_ == 0) return {0, 0};
    trace_sink&            sink = trace_sinks[slot_];
    const std::scoped_lock hold(sink.lock);
    ++sink.users;
    return {slot_, sink.number_of(name)};
}

}  // namespace autopmr

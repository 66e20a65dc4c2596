// One trace file: making it, naming its subjects, writing to it, and what happens when that fails.
#include "src/platform/os.hpp"
#include "src/support/report_text.hpp"
#include "src/trace_file_buffers.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace autopmr {
namespace {

using trace_layout::chunk_header;
using trace_layout::chunk_kind;

constexpr std::uint32_t most_names = 1u << trace_layout::subsystem_bits;
constexpr std::size_t   padded(std::size_t bytes) noexcept { return (bytes + 7) & ~std::size_t{7}; }
static_assert(
    trace_sink::most_path + most_names * (sizeof(chunk_header) + padded(trace_sink::most_name)) <= trace_sink::memory_bytes);

std::uint64_t nanoseconds(auto since) noexcept {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(since.time_since_epoch()).count());
}

// Of a long path the end: the reason behind it has to fit.
fixed_text<300> shown(std::string_view path) noexcept {
    constexpr std::size_t most = 256;
    fixed_text<300>       text("'");
    if (path.size() > most) text.append("...");
    return text.append(path.substr(path.size() > most ? path.size() - most : 0)).append("'");
}

}  // namespace

constinit trace_sink trace_sinks[per_thread::trace_slots];

void say_of_trace(std::string_view path, std::string_view what, int reason) noexcept {
    report_text line;
    line.text("autopmr: trace file ").text(shown(path).view()).text(": ").text(what);
    if (reason != 0) line.text(": ").text(std::strerror(reason));
    line.text("; its events are dropped").write();
}

chunk_header chunk_now() noexcept {
    chunk_header header{};
    header.mark = trace_layout::chunk_mark;
    header.ticks = os::clock_ticks();
    header.nanoseconds = nanoseconds(std::chrono::steady_clock::now());
    return header;
}

void trace_sink::open(std::string_view path, trace_fork fork) noexcept {
    written = dropped = bytes = 0;
    in_child = fork;
    parent = 0;
    streams = names = 0;
    names_bytes = 0;
    error.clear();
    has_failed = false;
    reusable = true;
    now = state::open;
    memory = static_cast<char*>(os::map_pages(memory_bytes));
    if (memory == nullptr) return fail("no memory", ENOMEM);
    if (path.empty() || path.size() > most_path - 32 || path.find('\0') != path.npos) return fail("this is no path", EINVAL);
    path.copy(memory, path.size());
    begin_file();
}

bool trace_sink::begin_file() noexcept {
    fixed_text<most_path> path(std::string_view{memory});
    if (parent != 0) path.append(".").append(static_cast<unsigned long long>(os::process_number()));
    path.append(std::string_view("", 1));
    file = os::create_file(path.view().data());
    if (file < 0) {
        fail("can't be made", errno);
        return false;
    }
    const chunk_header        clocks = chunk_now();
    trace_layout::file_header header{};
    std::memcpy(header.mark, trace_layout::file_mark, sizeof header.mark);
    header.version = trace_layout::version;
    header.byte_order = trace_layout::byte_order;
    header.process = os::process_number();
    header.parent = parent;
    header.ticks = clocks.ticks;
    header.nanoseconds = clocks.nanoseconds;
    header.wall_nanoseconds = nanoseconds(std::chrono::system_clock::now());
    write(&header, sizeof header);
    write(memory + most_path, names_bytes);
    return now.load() == state::open;
}

std::uint32_t trace_sink::number_of(std::string_view name) noexcept {
    if (memory == nullptr) return 0;
    name = name.substr(0, most_name);
    char* const first = memory + most_path;
    for (std::size_t at = 0; at != names_bytes;) {
        chunk_header known;
        std::memcpy(&known, first + at, sizeof known);
        if (name == std::string_view(first + at + sizeof known, known.count)) return known.number;
        at += sizeof known + known.bytes;
    }
    if (names == most_names) return most_names - 1;
    if (names == most_names - 1) name = "(others)";
    chunk_header header = chunk_now();
    header.kind = chunk_kind::name;
    header.number = names++;
    header.count = static_cast<std::uint32_t>(name.size());
    header.bytes = static_cast<std::uint32_t>(padded(name.size()));
    char* const at = first + names_bytes;
    std::memcpy(at, &header, sizeof header);
    name.copy(at + sizeof header, name.size());  // what pads it is zero
    names_bytes += sizeof header + header.bytes;
    if (file >= 0) write(at, sizeof header + header.bytes);
    return header.number;
}

void trace_sink::write(const void* what, std::size_t size) noexcept {
    if (now.load() != state::open || size == 0) return;
    if (os::append_file(file, what, size)) bytes += size;
    else fail("can't be written", errno);
}

void trace_sink::write_events(chunk_header header, std::uint64_t* events) noexcept {
    if (file < 0 && !begin_file()) return;
    header.kind = chunk_kind::events;
    auto* const begin = reinterpret_cast<char*>(events) - sizeof header;
    std::memcpy(begin, &header, sizeof header);
    write(begin, sizeof header + header.bytes);
    if (now.load() == state::open) written += header.count;
}

void trace_sink::write_alone(const trace_event& event) noexcept {
    std::uint64_t        words[chunk_header_words + most_event_words], base = 0, time = 0;
    std::uint64_t* const events = words + chunk_header_words;
    chunk_header         header = chunk_now();
    header.thread = os::thread_number();
    header.count = 1;
    header.bytes =
        static_cast<std::uint32_t>((encode_event(events, event, base, time, header.ticks) - events) * sizeof *events);
    write_events(header, events);
    if (now.load() != state::open) ++dropped;
}

void trace_sink::flush(trace_buffer& buffer, std::uint64_t* to, std::uint64_t events) noexcept {
    if (buffer.flushed == to) return;
    chunk_header header = chunk_now();
    header.number = buffer.stream;
    header.goes_on = buffer.goes_on;
    header.thread = buffer.thread;
    header.count = static_cast<std::uint32_t>(events);
    header.bytes = static_cast<std::uint32_t>((to - buffer.flushed) * sizeof *to);
    write_events(header, buffer.flushed);
    if (now.load() != state::open) return;  // then they are counted as dropped
    buffer.flushed = to;
    buffer.flushed_events += events;
    buffer.goes_on = true;
}

void trace_sink::flush(trace_buffer& buffer) noexcept {
    std::uint64_t* const to = buffer.cell->next.load(std::memory_order_acquire);
    flush(buffer, to, count_events(buffer.flushed, to));
}

void trace_sink::flush_all() noexcept {
    for (trace_buffer* buffer = buffers; buffer != nullptr && now.load() == state::open; buffer = buffer->next_of_slot) {
        if (buffer->generation == generation) flush(*buffer);
    }
}

bool trace_sink::disarm() noexcept {
    bool any = false;
    for (trace_buffer* buffer = buffers; buffer != nullptr; buffer = buffer->next_of_slot) {
        if (buffer->generation != generation) continue;
        buffer->cell->end.exchange(nullptr);
        any = true;
    }
    return !any || os::fence_all_threads();
}

void trace_sink::count_as_dropped(trace_buffer& buffer) noexcept {
    std::uint64_t* const to = buffer.cell->next.load(std::memory_order_acquire);
    dropped += count_events(buffer.flushed, to);
    buffer.flushed = to;
}

void trace_sink::fail(std::string_view what, int reason) noexcept {
    const std::string_view path = memory != nullptr ? std::string_view(memory) : std::string_view();
    error.append("trace file ").append(shown(path)).append(": ").append(what).append(": ").append(std::strerror(reason));
    has_failed.store(true, std::memory_order_release);
    now = state::failed;
    say_of_trace(path, what, reason);
    reusable = disarm();
    for (trace_buffer* buffer = buffers; buffer != nullptr; buffer = buffer->next_of_slot) {
        if (buffer->generation == generation) count_as_dropped(*buffer);
    }
}

void trace_sink::close() noexcept {
    if (now.load() == state::open) {
        reusable = disarm();
        flush_all();
        if (file >= 0) {
            const trace_layout::end_chunk totals{written.load(), dropped.load()};
            chunk_header                  header = chunk_now();
            header.kind = chunk_kind::end;
            header.bytes = sizeof totals;
            write(&header, sizeof header);
            write(&totals, sizeof totals);
        }
    }
    if (file >= 0) os::close_file(file);
    file = -1;
    now = state::closed;
}

void trace_sink::leave() noexcept {
    if (--users != 0) return;
    if (memory != nullptr) os::unmap_pages(memory, memory_bytes);
    memory = nullptr;
    // Without a barrier a thread may not have seen yet that its cell is closed, and would put a later file's events there.
    if (reusable) now = state::free;
}

}  // namespace autopmr

#include "src/formats/trace.hpp"

#include "src/formats/trace_layout.hpp"
#include "src/platform/os.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <map>
#include <type_traits>
#include <utility>

namespace autopmr {
namespace {

using namespace trace_layout;

std::uint32_t swapped(std::uint32_t value) noexcept {
    return value >> 24 | (value >> 8 & 0xff00) | (value << 8 & 0xff0000) | value << 24;
}
std::uint64_t swapped(std::uint64_t value) noexcept {
    return std::uint64_t{swapped(static_cast<std::uint32_t>(value))} << 32 |
           swapped(static_cast<std::uint32_t>(value >> 32));
}

/// One thread's events, and what is known where its last chunk ended.
struct stream {
    std::vector<traced_event> events;
    std::uint64_t             base = 0, ticks = 0;
};

class reader {
public:
    explicit reader(std::string_view file) : file_(file) {}

    trace_contents read() {
        if (read_header()) {
            while (out_.damage.empty() && at_ != file_.size()) read_chunk();
            finish();
        }
        return std::move(out_);
    }

private:
    template <class Value>
    Value take(std::size_t at) const noexcept {
        Value value;
        std::memcpy(&value, file_.data() + at, sizeof value);
        if constexpr (std::is_enum_v<Value>)
            return static_cast<Value>(fixed(static_cast<std::underlying_type_t<Value>>(value)));
        else return fixed(value);
    }
    template <class Value>
    Value fixed(Value value) const noexcept {
        return swap_ ? swapped(value) : value;
    }
    void damaged(std::size_t at, const std::string& what) {
        if (out_.damage.empty()) out_.damage = what + " at offset " + std::to_string(at);
    }
    bool refused(std::size_t at, const std::string& what) {
        out_.error = what + " at offset " + std::to_string(at);
        return false;
    }

    bool read_header() {
        if (file_.size() < sizeof file_mark || std::memcmp(file_.data(), file_mark, sizeof file_mark) != 0)
            return refused(0, "no trace file: its mark is missing");
        if (file_.size() < sizeof(file_header)) return refused(file_.size(), "the file ends in its header");
        const auto order = take<std::uint32_t>(offsetof(file_header, byte_order));
        if (order != byte_order && order != swapped(byte_order))
            return refused(offsetof(file_header, byte_order), "unknown byte order");
        swap_ = order != byte_order;
        out_.version = take<std::uint32_t>(offsetof(file_header, version));
        if (out_.version != version)
            return refused(offsetof(file_header, version),
                "version " + std::to_string(out_.version) + ", where " + std::to_string(version) + " can be read,");
        out_.process = take<std::uint64_t>(offsetof(file_header, process));
        out_.parent = take<std::uint64_t>(offsetof(file_header, parent));
        out_.wall_nanoseconds = take<std::uint64_t>(offsetof(file_header, wall_nanoseconds));
        first_ticks_ = last_ticks_ = take<std::uint64_t>(offsetof(file_header, ticks));
        first_nanoseconds_ = last_nanoseconds_ = take<std::uint64_t>(offsetof(file_header, nanoseconds));
        at_ = sizeof(file_header);
        return true;
    }

    void read_chunk() {
        const std::size_t begin = at_;
        if (file_.size() - begin < sizeof(chunk_header)) return damaged(begin, "the file ends in the header of a chunk");
        chunk_header chunk;
        chunk.mark = take<std::uint32_t>(begin + offsetof(chunk_header, mark));
        chunk.kind = take<chunk_kind>(begin + offsetof(chunk_header, kind));
        chunk.bytes = take<std::uint32_t>(begin + offsetof(chunk_header, bytes));
        chunk.number = take<std::uint32_t>(begin + offsetof(chunk_header, number));
        chunk.count = take<std::uint32_t>(begin + offsetof(chunk_header, count));
        chunk.goes_on = take<std::uint32_t>(begin + offsetof(chunk_header, goes_on));
        chunk.thread = take<std::uint64_t>(begin + offsetof(chunk_header, thread));
        chunk.ticks = take<std::uint64_t>(begin + offsetof(chunk_header, ticks));
        chunk.nanoseconds = take<std::uint64_t>(begin + offsetof(chunk_header, nanoseconds));
        if (chunk.mark != chunk_mark) return damaged(begin, "no chunk begins, where one should,");
        if (chunk.bytes % 8 != 0) return damaged(begin, "a chunk of an odd length");
        const std::size_t first = begin + sizeof chunk, there = std::min<std::size_t>(chunk.bytes, file_.size() - first);
        at_ = first + there;
        if (chunk.ticks > last_ticks_ && chunk.nanoseconds > last_nanoseconds_) {
            last_ticks_ = chunk.ticks;
            last_nanoseconds_ = chunk.nanoseconds;
        }
        if (chunk.kind == chunk_kind::events) read_events(chunk, first, first + there / 8 * 8);
        if (there != chunk.bytes) return damaged(begin, "the file ends in the chunk that begins");
        if (chunk.kind == chunk_kind::name) read_name(chunk, first);
        if (chunk.kind == chunk_kind::end && chunk.bytes >= sizeof(end_chunk)) {
            out_.closed = true;
            out_.written = take<std::uint64_t>(first + offsetof(end_chunk, written));
            out_.dropped = take<std::uint64_t>(first + offsetof(end_chunk, dropped));
        }
    }

    void read_name(const chunk_header& chunk, std::size_t first) {
        if (chunk.number != out_.subsystems.size() || chunk.number > ones(subsystem_bits) || chunk.count > chunk.bytes)
            return damaged(first - sizeof chunk, "a name that makes no sense");
        out_.subsystems.emplace_back(file_.substr(first, chunk.count));
    }

    void read_events(const chunk_header& chunk, std::size_t at, std::size_t end) {
        const std::size_t begin = at - sizeof chunk;
        const auto [place, is_new] = streams_.try_emplace(chunk.number);
        stream& one = place->second;
        if (chunk.goes_on == 0) {
            one.base = 0;
            if (chunk.number == 0) one.ticks = 0;
        } else if (is_new) return damaged(begin, "the beginning of a stream is missing: it goes on");
        std::uint64_t count = 0;
        std::size_t   inexact = one.events.size();  // from here on the end of their time is not known
        const auto    known_until = [&](std::uint64_t ticks) {
            for (; inexact != one.events.size(); ++inexact)
                one.events[inexact].until = std::max(ticks, one.events[inexact].time);
        };
        bool exact = false;
        while (at != end) {
            const auto     word = take<std::uint64_t>(at);
            const unsigned words = words_of(word);
            if (words == 0 || words * 8 > end - at) {
                damaged(at, words == 0 ? "an event of an unknown form" : "an event that is cut off");
                break;
            }
            if (is_stamp(word)) {
                one.ticks = std::max(one.ticks, word >> stamp_at);
                known_until(one.ticks);
                exact = true;
                at += 8;
                continue;
            }
            traced_event event;
            if ((word & 1) != 0) decode_short(word, one, event);
            else if (const std::uint64_t delta = word >> full_delta_at & ones(delta_bits);
                     decode_full(word, at, one, event), delta != 0) {
                one.ticks += delta;
                known_until(one.ticks);
                exact = true;
            }
            event.thread = chunk.thread;
            event.stream = chunk.number;
            event.time = event.until = one.ticks;
            one.events.push_back(event);
            if (exact) ++inexact;
            exact = false;
            ++count;
            at += words * std::size_t{8};
        }
        known_until(chunk.ticks);
        if (out_.damage.empty() && at - begin - sizeof chunk == chunk.bytes && count != chunk.count)
            damaged(begin, "a chunk with another number of events than it says");
    }

    static void decode_short(std::uint64_t word, const stream& one, traced_event& event) noexcept {
        event.op = static_cast<trace_op>(word >> trace_cell::op_at & 1);
        event.alignment = word >> trace_cell::alignment_at & trace_cell::most_alignment;
        event.bytes = word >> trace_cell::bytes_at & trace_cell::most_bytes;
        event.subsystem = static_cast<std::uint16_t>(word >> trace_cell::subsystem_at & ones(subsystem_bits));
        event.address = one.base + (word >> trace_cell::away_at) * 8;
    }

    void decode_full(std::uint64_t word, std::size_t at, stream& one, traced_event& event) const noexcept {
        event.op = static_cast<trace_op>(word >> full_op_at & 3);
        event.subsystem = static_cast<std::uint16_t>(word >> full_subsystem_at & ones(subsystem_bits));
        const auto second = take<std::uint64_t>(at + 8);
        if (static_cast<form>(word >> form_at & 3) == form::full) {
            event.alignment = std::uint64_t{1} << (word >> full_alignment_at & ones(alignment_bits));
            event.bytes = word >> full_bytes_at << low_bytes_bits | (second & ones(low_bytes_bits));
            event.address = second >> low_bytes_bits;
        } else {
            event.address = second;
            event.bytes = take<std::uint64_t>(at + 16);
            event.alignment = take<std::uint64_t>(at + 24);
        }
        one.base = base_after(event.address, one.base);
    }

    void finish() {
        out_.streams = static_cast<std::uint32_t>(streams_.size());
        const double ticks = static_cast<double>(last_ticks_ - first_ticks_);
        const double tick = ticks > 0 ? static_cast<double>(last_nanoseconds_ - first_nanoseconds_) / ticks : 1;
        const auto   time = [&](std::uint64_t at) -> std::uint64_t {
            const double nanoseconds = at > first_ticks_ ? static_cast<double>(at - first_ticks_) * tick : 0;
            return nanoseconds < 9e18 ? static_cast<std::uint64_t>(nanoseconds) : std::uint64_t{9000000000000000000};
        };
        std::vector<std::vector<traced_event>> all;
        for (auto& [number, one] : streams_) {
            for (traced_event& event : one.events) {
                event.time = time(event.time);
                event.until = time(event.until);
                if (event.subsystem >= out_.subsystems.size())
                    damaged(file_.size(), "the name of subsystem " + std::to_string(event.subsystem) + " is missing");
                if (event.op > trace_op::failed) damaged(file_.size(), "an event of an unknown kind was read");
            }
            all.push_back(std::move(one.events));
        }
        out_.events = merge_streams(all);
    }

    std::string_view                file_;
    std::size_t                     at_ = 0;
    bool                            swap_ = false;
    std::uint64_t                   first_ticks_ = 0, last_ticks_ = 0, first_nanoseconds_ = 0, last_nanoseconds_ = 0;
    std::map<std::uint32_t, stream> streams_;
    trace_contents                  out_;
};

}  // namespace

trace_contents read_trace(std::string_view file) { return reader(file).read(); }

trace_contents read_trace_file(const char* path) {
    const auto unreadable = [path](int reason) {
        trace_contents nothing;
        nothing.error = std::string(path) + ": can't be read: " + std::strerror(reason);
        return nothing;
    };
    const int file = os::open_file(path);
    if (file < 0) return unreadable(errno);
    std::string bytes;
    long        got = 0;
    for (std::size_t size = 0;; size += static_cast<std::size_t>(got)) {
        bytes.resize(std::max(size + (std::size_t{1} << 16), size + size / 2));
        got = os::read_some(file, bytes.data() + size, bytes.size() - size);
        if (got <= 0) {
            bytes.resize(size);
            break;
        }
    }
    const int reason = errno;
    os::close_file(file);
    if (got < 0) return unreadable(reason);
    trace_contents contents = read_trace(bytes);
    if (!contents.ok()) contents.error.insert(0, std::string(path) + ": ");
    return contents;
}

}  // namespace autopmr

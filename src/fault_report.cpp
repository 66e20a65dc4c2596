#include <autopmr/fault_report.hpp>

#include "platform/os.hpp"
#include "support/in_turn.hpp"
#include "support/probe.hpp"
#include "support/report_text.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>

namespace autopmr {
namespace {

// Programs that read reports out of a core go by these.
static_assert(sizeof(void*) != 8 || (offsetof(fault_report, address) == 16 && offsetof(fault_report, block) == 72 &&
                                        offsetof(fault_report, frees_ago) == 96 && offsetof(fault_report, found) == 104 &&
                                        offsetof(fault_moment, frames) == 24));

/// Null stands for the default, so that it can be told apart and restored.
constinit std::atomic<fault_handler> current_handler{nullptr};

struct wording {
    const char* name;
    const char* advice;
};

constexpr wording wordings[] = {
    {"memory fault", "look at who used this block last"},
    {"wrong size", "deallocate with the size that was allocated"},
    {"wrong alignment", "deallocate with the alignment that was allocated"},
    {"foreign pointer", "deallocate with the resource that allocated the block, and the pointer it gave"},
    {"double free", "find the second owner of this block"},
    {"overrun", "find who wrote past the end of this block"},
    {"underrun", "find who wrote before the beginning of this block"},
    {"write after free", "find who kept a pointer to this block"},
    {"leak", "deallocate what was allocated, or keep its owner alive"},
    {"wrong thread", "use this resource only on the thread it belongs to, or put a synchronized_resource on it"},
    {"use after free", "find who kept a pointer to this block"},
    {"interior pointer", "deallocate the pointer that allocate() gave"},
    {"wrong resource", "deallocate with the resource that allocated the block"},
    {"wild access", "find where this pointer comes from"},
    {"no access", "open the block for reading or writing first"},
};

constexpr const char* accesses[] = {"unknown", "read", "write", "free"};
constexpr const char* states[] = {"unknown", "live", "freed"};

const wording& wording_of(fault_kind kind) noexcept {
    const auto index = static_cast<std::size_t>(kind);
    return wordings[index < std::size(wordings) ? index : 0];
}

std::size_t distance(const void* from, const void* to) noexcept {
    return reinterpret_cast<std::uintptr_t>(to) - reinterpret_cast<std::uintptr_t>(from);
}

void shape(report_text& line, const char* before, std::size_t bytes, std::size_t alignment) noexcept {
    if (bytes == 0 && alignment == 0) return;
    line.text(before).number(bytes).text(" bytes");
    if (alignment != 0) line.text(" aligned to ").number(alignment);
}

// Each line in a function of its own, which is not inlined: the frames of signal handlers are small, and hold one line at a time.
[[gnu::noinline]] void write_what(const fault_report& report) noexcept {
    const wording& words = wording_of(report.kind);
    report_text    line;
    line.text("autopmr: ").text(words.name).text(" at ").address(report.address).text(", found by ").text(report.resource);
    if (report.kind == fault_kind::wrong_thread) {
        line.text("; it belongs to thread ").number(report.expected_bytes);
        line.text(" and was used by thread ").number(report.given_bytes);
    } else {
        shape(line, "; allocated with ", report.expected_bytes, report.expected_alignment);
        shape(line, "; deallocated with ", report.given_bytes, report.given_alignment);
    }
    line.text("; ").text(words.advice).write();
}

[[gnu::noinline]] void write_block(const fault_report& report) noexcept {
    report_text line;
    line.text("autopmr:   ");
    if (report.access != fault_access::unknown) line.text(to_string(report.access)).text(", ");
    if (report.past_end != 0) line.text("byte ").number(report.past_end).text(" past the end of");
    else if (report.before_start != 0) line.text("byte ").number(report.before_start).text(" before the start of");
    else line.text("byte ").number(distance(report.block, report.address)).text(" (from 0) of");
    line.text(" the block at ").address(report.block);
    if (report.state != block_state::unknown) line.text(", ").text(to_string(report.state));
    if (report.state == block_state::freed && report.frees_ago == 1) line.text(" last of all");
    else if (report.state == block_state::freed && report.frees_ago != 0) line.text(" ").number(report.frees_ago).text(" frees ago");
    if (report.subsystem != nullptr && *report.subsystem != 0) line.text(", of subsystem ").text(report.subsystem);
    line.write();
}

/// In which object files the frames of a stack are. All in one reading of the system's list.
struct frames_places {
    struct place {
        fixed_text<40> file;
        std::uint64_t  offset = 0;
    };
    const fault_moment& moment;
    std::size_t         depth;
    place               places[fault_moment::most_frames] = {};

    explicit frames_places(const fault_moment& of) noexcept
        : moment(of), depth(of.depth < fault_moment::most_frames ? static_cast<std::size_t>(of.depth) : fault_moment::most_frames) {
        if (depth == 0) return;
        os::for_each_code_mapping([](void* to, const os::code_mapping& one) noexcept { static_cast<frames_places*>(to)->look_in(one); }, this);
    }

private:
    void look_in(const os::code_mapping& one) noexcept {
        for (std::size_t i = 0; i != depth; ++i) {
            const auto at = reinterpret_cast<std::uintptr_t>(moment.frames[i]);
            // A return address may be the first behind the code that is called from.
            if (at <= one.begin || at > one.end || one.file.empty()) continue;
            places[i].file = one.file.substr(one.file.rfind('/') + 1);
            places[i].offset = at - one.begin + one.offset;
        }
    }
};

[[gnu::noinline]] void write_moment(const char* what, const fault_moment& moment) noexcept {
    if (moment.thread == 0 && moment.depth == 0 && moment.sequence == 0) return;
    const frames_places at(moment);
    report_text         line;
    line.text("autopmr:   ").text(what);
    if (moment.thread != 0) line.text(" by thread ").number(moment.thread);
    if (moment.sequence != 0) line.text(moment.thread != 0 ? ", number " : " number ").number(moment.sequence);
    for (std::size_t i = 0; i != at.depth; ++i) {
        line.text(i == 0 ? " at " : ", ").address(moment.frames[i]);
        if (at.places[i].file.empty()) continue;
        line.text(" (").text(at.places[i].file.view()).text("+").address(reinterpret_cast<const void*>(static_cast<std::uintptr_t>(at.places[i].offset))).text(")");
    }
    line.write();
}

}  // namespace

fault_handler set_fault_handler(fault_handler handler) noexcept {
    return current_handler.exchange(handler, std::memory_order_acq_rel);
}

void write_fault(const fault_report& report) noexcept {
    const in_turn mine;
    write_what(report);
    if (report.block != nullptr) write_block(report);
    write_moment("found", report.found);
    write_moment("allocated", report.allocated);
    write_moment("deallocated", report.deallocated);
}

fault_answer write_and_abort(const fault_report& report) noexcept {
    write_fault(report);
    return fault_answer::abort;
}

fault_answer write_and_trap(const fault_report& report) noexcept {
    write_fault(report);
    return fault_answer::trap;
}

fault_answer write_and_go_on(const fault_report& report) noexcept {
    write_fault(report);
    return fault_answer::quarantine;
}

void report_fault(const fault_report& report, fault_handler own) noexcept {
    AUTOPMR_PROBE(fault, to_string(report.kind), report.address, report.resource);
    const fault_handler handler = own != nullptr ? own : current_handler.load(std::memory_order_acquire);
    if (handler == nullptr) {
        const in_turn mine;  // until the end: another thread's report would be cut off by it
        write_fault(report);
        std::abort();
    }
    switch (handler(report)) {
        case fault_answer::quarantine: return;
        case fault_answer::trap: __builtin_trap();
        case fault_answer::abort: break;
    }
    std::abort();
}

const char* to_string(fault_kind kind) noexcept { return wording_of(kind).name; }

const char* to_string(fault_access access) noexcept {
    const auto index = static_cast<std::size_t>(access);
    return accesses[index < std::size(accesses) ? index : 0];
}

const char* to_string(block_state state) noexcept {
    const auto index = static_cast<std::size_t>(state);
    return states[index < std::size(states) ? index : 0];
}

}  // namespace autopmr

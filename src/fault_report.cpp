#include <autopmr/fault_report.hpp>

#include "support/report_text.hpp"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <iterator>

namespace autopmr {
namespace {

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

void shape(report_text& line, const char* before, std::size_t bytes, std::size_t alignment) noexcept {
    if (bytes == 0 && alignment == 0) return;
    line.text(before).number(bytes).text(" bytes");
    if (alignment != 0) line.text(" aligned to ").number(alignment);
}

}  // namespace

fault_handler set_fault_handler(fault_handler handler) noexcept {
    return current_handler.exchange(handler, std::memory_order_acq_rel);
}

void write_fault(const fault_report& report) noexcept {
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
    const fault_handler handler = own != nullptr ? own : current_handler.load(std::memory_order_acquire);
    switch (handler != nullptr ? handler(report) : write_and_abort(report)) {
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

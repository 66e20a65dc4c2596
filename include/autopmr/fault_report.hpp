#pragma once
/// \file
/// Misuse that was found: what, where, what was expected and what was given.
///
/// One fixed layout for decorators, pools and guards, which call report_fault(); programs set a handler to log, to count or
/// to stop in their own way. Not for exhaustion or bad requests: those are exceptions (errors.hpp). Any thread, signal
/// handlers included; nothing here allocates, locks or throws. A handler may run with locks of the reporting resource held:
/// it must not allocate from that resource.

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace autopmr {

enum class fault_kind : std::uint32_t {
    unknown, wrong_size, wrong_alignment, foreign_pointer, double_free, overrun, underrun, write_after_free, leak, wrong_thread
};

/// What the program does after a fault was reported: end by abort(), stop at a trap instruction, or go on while the block
/// that was misused stays out of circulation.
enum class fault_answer : std::uint32_t { abort, trap, quarantine };

/// Of a wrong_thread, `expected_bytes` and `given_bytes` are no bytes but the numbers of two threads, as debuggers and `top`
/// show them: of the one that the resource belongs to, and of the one that came. Its address is the block, or, where one was
/// asked for, what refused it.
struct fault_report {
    std::uint32_t version = 1;
    fault_kind    kind = fault_kind::unknown;
    const void*   address = nullptr;       ///< what was passed in, or touched
    const char*   resource = "";           ///< immortal name of the resource that found it
    std::size_t   expected_bytes = 0;      ///< as allocated; 0 where not known
    std::size_t   expected_alignment = 0;  ///< as allocated; 0 where not known
    std::size_t   given_bytes = 0;         ///< as deallocated; 0 where that has no meaning
    std::size_t   given_alignment = 0;     ///< as deallocated; 0 where that has no meaning
};
static_assert(std::is_trivially_copyable_v<fault_report> && std::is_standard_layout_v<fault_report>);

using fault_handler = fault_answer (*)(const fault_report&) noexcept;

/// Sets the process's handler and returns the one before, null where that was the default. Null restores the default, which
/// writes the report to standard error in one line and answers abort. An answer that is none of the three means abort.
fault_handler set_fault_handler(fault_handler handler) noexcept;

/// Hands a report to the handler and carries out abort and trap; returns only when the answer was quarantine.
void report_fault(const fault_report& report) noexcept;

/// "wrong size", "double free", ...: immortal, in words.
[[nodiscard]] const char* to_string(fault_kind kind) noexcept;

}  // namespace autopmr

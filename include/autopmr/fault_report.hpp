#pragma once
/// \file
/// Misuse that was found: what, where, what was expected and what was given.
///
/// One fixed layout for decorators, pools and guards. A report is made without allocating and handed to a handler, which may
/// be called on any thread, with locks of the reporting resource held: it must not allocate from that resource.

#include <cstddef>
#include <cstdint>

namespace autopmr {

enum class fault_kind : std::uint32_t {
    unknown, wrong_size, wrong_alignment, foreign_pointer, double_free, overrun, underrun, write_after_free, leak, wrong_thread
};

/// What the program does after a fault was reported.
enum class fault_answer : std::uint32_t { abort, trap, quarantine };

struct fault_report {
    std::uint32_t version = 1;
    fault_kind    kind = fault_kind::unknown;
    const void*   address = nullptr;    ///< what was passed in, or touched
    const char*   resource = "";        ///< immortal name of the resource that found it
    std::size_t   expected_bytes = 0, expected_alignment = 0;  ///< as allocated; 0 where not known
    std::size_t   given_bytes = 0, given_alignment = 0;        ///< as deallocated
};

using fault_handler = fault_answer (*)(const fault_report&) noexcept;

/// Sets the process's handler and returns the one before. Null restores the default, which writes the report to standard
/// error without allocating and answers abort. Any thread, any time.
fault_handler set_fault_handler(fault_handler handler) noexcept;

/// Hands a report to the handler and carries out abort and trap; returns only when the answer was quarantine.
void report_fault(const fault_report& report) noexcept;

[[nodiscard]] const char* to_string(fault_kind kind) noexcept;

}  // namespace autopmr

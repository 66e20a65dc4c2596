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
    unknown, wrong_size, wrong_alignment, foreign_pointer, double_free, overrun, underrun, write_after_free, leak, wrong_thread,
    use_after_free, interior_pointer, wrong_resource, wild_access, no_access
};

/// How the fault was made. Of a read or a write the program is stopped at the instruction; `free` found it at a deallocation;
/// unknown stands for what was found later, and for processors that do not tell reads from writes.
enum class fault_access : std::uint32_t { unknown, read, write, free };

enum class block_state : std::uint32_t { unknown, live, freed };

/// What the program does after a fault was reported: end by abort(), stop at a trap instruction, or go on while the block
/// that was misused stays out of circulation.
enum class fault_answer : std::uint32_t { abort, trap, quarantine };

/// What a resource that knows its blocks does at its end with those that still live: nothing; writes who they are; or does that
/// and hands reports of kind leak to the handler. The blocks themselves stay as they are.
enum class leak_answer : unsigned char { ignore, report, fault };

/// When and by whom a block was allocated or freed. All zero where nobody wrote it down.
struct fault_moment {
    static constexpr std::size_t most_frames = 12;
    std::uint64_t sequence = 0;  ///< counts the allocations and frees of whoever found the fault, from 1
    std::uint64_t thread = 0;    ///< as debuggers and `top` number it
    std::uint64_t depth = 0;     ///< frames that are known
    const void*   frames[most_frames] = {};  ///< return addresses, innermost first
};

/// Of a wrong_thread, `expected_bytes` and `given_bytes` are no bytes but the numbers of two threads, as debuggers and `top`
/// show them: of the one that the resource belongs to, and of the one that came. Its address is the block, or, where one was
/// asked for, what refused it.
struct fault_report {
    std::uint32_t version = 2;
    fault_kind    kind = fault_kind::unknown;
    fault_access  access = fault_access::unknown;
    block_state   state = block_state::unknown;
    const void*   address = nullptr;       ///< what was passed in, or touched
    const char*   resource = "";           ///< immortal name of the resource that found it
    const char*   subsystem = "";          ///< immortal name of the subsystem it serves; empty where there is none
    std::size_t   expected_bytes = 0;      ///< as allocated; 0 where not known
    std::size_t   expected_alignment = 0;  ///< as allocated; 0 where not known
    std::size_t   given_bytes = 0;         ///< as deallocated; 0 where that has no meaning
    std::size_t   given_alignment = 0;     ///< as deallocated; 0 where that has no meaning
    const void*   block = nullptr;         ///< where the block begins; null where not known. Its size and alignment are what was expected
    std::size_t   past_end = 0;            ///< bytes from the end of the block to `address`, plus one; 0 where it is not past it
    std::size_t   before_start = 0;        ///< bytes from `address` to the beginning of the block; 0 where it is not before it
    std::uint64_t frees_ago = 0;           ///< of a freed block: how many frees came since, plus one; 0 where not known
    fault_moment  found = {};                 ///< thread and stack of the fault
    fault_moment  allocated = {};
    fault_moment  deallocated = {};
};
static_assert(std::is_trivially_copyable_v<fault_report> && std::is_standard_layout_v<fault_report>);
static_assert(sizeof(void*) != 8 || (sizeof(fault_moment) == 120 && sizeof(fault_report) == 464), "who reads it goes by this layout");

using fault_handler = fault_answer (*)(const fault_report&) noexcept;

/// Sets the process's handler and returns the one before, null where that was the default. Null restores the default, which
/// writes the report to standard error and answers abort. An answer that is none of the three means abort.
fault_handler set_fault_handler(fault_handler handler) noexcept;

/// Hands a report to the handler, `own` where there is one, else the process's, and carries out abort and trap; returns only
/// when the answer was quarantine.
void report_fault(const fault_report& report, fault_handler own = nullptr) noexcept;

/// Writes a report to standard error: one line of what and where, one of the block where that is known, and one for each stack that
/// is known, frames as addresses, with object file and offset in it on Linux. "Byte 1 past its end" is the first that is
/// not the block's, "byte 1 before its start" the last before it. Needs some 4 KiB of stack.
void write_fault(const fault_report& report) noexcept;

/// Handlers that are ready to be set: each writes the report, then answers.
fault_answer write_and_abort(const fault_report& report) noexcept;
fault_answer write_and_trap(const fault_report& report) noexcept;
fault_answer write_and_go_on(const fault_report& report) noexcept;

/// "wrong size", "double free", ...: immortal, in words.
[[nodiscard]] const char* to_string(fault_kind kind) noexcept;
[[nodiscard]] const char* to_string(fault_access access) noexcept;
[[nodiscard]] const char* to_string(block_state state) noexcept;

}  // namespace autopmr

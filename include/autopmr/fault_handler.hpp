#pragma once
/// \file
/// What an address was; and a crash handler that says so, for programs that have none of their own.
///
/// Use describe(address) in the crash handler you have. Install ours where there is none: it is never installed unasked, and
/// faults that are not a guard's go on to whoever was there before, unchanged. Not for catching errors and going on: that
/// is what a guard's answer `quarantine` does, for its own blocks alone. Any thread, signal handlers included; nothing
/// here throws. Handlers are inherited by forked children. Where the system has no such signals (Windows so far, firmware)
/// installing answers false.

#include <autopmr/fault_report.hpp>

#include <cstddef>
#include <memory_resource>
#include <optional>
#include <type_traits>

namespace autopmr {

/// What any guard that lives knows of an address: a report without `access` and `found`, or nothing where it is no guard's.
/// Takes no lock and allocates nothing.
[[nodiscard]] std::optional<fault_report> describe_address(const void* address) noexcept;

/// The same under the name that describe.hpp has for stacks: describe(&resource) goes on to mean the stack.
template <class T, class = std::enable_if_t<!std::is_convertible_v<const volatile T*, const volatile std::pmr::memory_resource*>>>
[[nodiscard]] std::optional<fault_report> describe(T* address) noexcept {
    return describe_address(const_cast<const void*>(static_cast<const volatile void*>(address)));
}

struct fault_handler_options {
    const char* save_to = nullptr;  ///< a file for save_fault(), "%p" in it standing for the process; null: none. At most 500 bytes
};

/// Installs a handler of SIGSEGV and SIGBUS for the process, on a stack of its own for this thread. An access fault in a guard's memory
/// becomes a report, with what it was (read or write: x86-64 and aarch64 Linux) and the stack of it, and goes to the guard's
/// fault handler. On the answer `quarantine` the program goes on, with the memory there opened for good. Again: other options.
/// False when that can't be had, or when `save_to` is too long. Where another handler came on top of it since, it stays below: whether
/// faults come to it is then the other's to say.
bool install_fault_handler(const fault_handler_options& options = {}) noexcept;

/// Puts back what was there. False when it was not installed, or when others came on top of it since: then it stays below
/// them and passes everything on.
bool uninstall_fault_handler() noexcept;

/// A stack (64 KiB) for the handler on this thread, as long as the object lives: without one, faults are reported on the stack
/// they happen on, which is good for all but its overflow. A thread that has one already keeps it: 16 KiB are enough for a
/// report. Make it first in a thread's function, and end it on the same thread.
class fault_stack {
public:
    fault_stack() noexcept;
    fault_stack(const fault_stack&) = delete;
    fault_stack& operator=(const fault_stack&) = delete;
    ~fault_stack();

private:
    void* stack_;
};

/// Writes a report to a file that its owner alone may read, with what `autopmr explain-fault` needs to name its functions later.
/// For signal handlers too; waits as write(2) does. False with errno set when that failed.
bool save_fault(const fault_report& report, const char* path) noexcept;

}  // namespace autopmr

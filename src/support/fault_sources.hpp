#pragma once
/// \file
/// Who can tell what an address was: every guard that lives, asked by describe(address) and by the crash handler.
///
/// Joining and leaving may wait for a reader that is asking; asking takes no lock and allocates nothing, so it serves in signal
/// handlers. Any thread, safe after fork.

#include <autopmr/fault_report.hpp>

namespace autopmr {

/// Somebody that owns addresses. explain() runs in signal handlers, on any thread, while others allocate and free: no locks, no
/// allocation, and what it reads must be mapped.
class fault_source {
public:
    /// True where the address is in memory of this guard: `out` then holds all but `access` and `found`.
    virtual bool explain(const void* address, fault_report& out) const noexcept = 0;
    /// Lets the program go on after an access fault at that address: what lies there may be touched from now on, and is never
    /// handed out again. False when that can't be done.
    virtual bool open(const void* address) noexcept = 0;

protected:
    fault_source() = default;
    ~fault_source() = default;
};

struct fault_sources {
    static void join(fault_source& source) noexcept;
    static void leave(fault_source& source) noexcept;
    /// The first source that knows the address, or null.
    static fault_source* explain(const void* address, fault_report& out) noexcept;
};

}  // namespace autopmr

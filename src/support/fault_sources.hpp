#pragma once
/// \file
/// Who can tell what an address was: every guard that lives, asked by describe(address) and by the crash handler.
///
/// Joining and leaving may wait for a reader that is asking; asking takes no lock and allocates nothing, so it serves in signal
/// handlers. Any thread, safe after fork. A source may not leave inside of its own explain(), nor while `reading` on this thread.

#include <autopmr/fault_report.hpp>

#include <cstdint>

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
    /// Who hears of a fault there; null: the process's handler. As explain().
    virtual fault_handler handler_of(const void*) const noexcept { return nullptr; }

protected:
    fault_source() = default;
    ~fault_source() = default;
};

struct fault_sources {
    /// False where there is no memory to keep it in: then it is not asked, and its faults are found but not explained.
    static bool join(fault_source& source) noexcept;
    static void leave(fault_source& source) noexcept;
    /// The first source that knows the address, or null. To use it afterwards, hold a `reading` from before.
    static fault_source* explain(const void* address, fault_report& out) noexcept;

    /// While it lives no source leaves. In a forked child it holds nothing any more.
    class reading {
    public:
        reading() noexcept;
        reading(const reading&) = delete;
        reading& operator=(const reading&) = delete;
        ~reading();

    private:
        std::uint64_t generation_;
    };
};

}  // namespace autopmr

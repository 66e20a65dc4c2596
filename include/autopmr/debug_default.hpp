#pragma once
/// \file
/// Tracking and guards under the whole program, in one line.
///
/// Call debug_default() in place of install_default() while looking for a memory fault: every std::pmr container without a resource
/// of its own, and every subsystem that was not told otherwise and did not allocate yet, then stands on guard pages, and what
/// lives can be listed by call site. Not for production: each block takes at least a page, and an allocation
/// microseconds; there sampled_guard_resource is the guard to take. Any thread, early in main, once; throws nothing.

#include <autopmr/backend.hpp>
#include <autopmr/decision.hpp>
#include <autopmr/decorators/tracking_resource.hpp>

namespace autopmr {

struct debug_options {
    guard            under = guard::pages;  ///< `none` tracks only
    tracking_options tracking;              ///< what write_report() shows, and where
    bool             faults = true;         ///< report accesses that guard pages stop (install_fault_handler())
};

/// Selects as install_default() does, puts the guard on the backend and a tracking_resource on the guard, and makes that std::pmr's
/// default, also where the program had set one before. The decision says what was done; when !ok() nothing was installed: also
/// after install_default(), whose blocks are out already.
decision debug_default(const debug_options& options = {}) noexcept;

/// The tracking_resource of debug_default(): null before it. Never destroyed.
[[nodiscard]] tracking_resource* debug_tracking() noexcept;

}  // namespace autopmr

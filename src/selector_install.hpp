#pragma once
// The installing of a default, for install_default() and debug_default().

#include <autopmr/decision.hpp>
#include <autopmr/policy.hpp>

namespace autopmr {

// `dress` may put something on the choice before it becomes the default, or make it a failure. It may run for a decision that
// another thread's then comes before.
decision install(const policy& wishes, void (*dress)(decision& made, void* context) noexcept, void* context) noexcept;
// "install_default" or "debug_default" has already decided: what a second call is told.
bool is_installed() noexcept;

}  // namespace autopmr

#pragma once
// The guards that choice puts under names: made for a subsystem or for the default, in pages that nobody gives back.

#include <autopmr/backend.hpp>
#include <autopmr/resource_ptr.hpp>

#include <string_view>

namespace autopmr {

// Empty where there is such a guard, or secret memory of any kind; else why not. Immortal.
std::string_view why_no_guard(guard under) noexcept;
std::string_view why_no_secrets() noexcept;
// `subsystem` is immortal, "" for none. Null when memory is out, and for guard::none.
layer* make_guard(guard under, const char* subsystem, const resource_ptr& below) noexcept;
layer* make_secrets(const char* subsystem, bool isolated) noexcept;
// Takes one back that gave out no block.
void end_guard(layer* made) noexcept;
// The guard over a backend's common heap: made when it is first asked for, the same for the whole process. Null as make_guard().
layer* guard_over(const backend& which, guard under) noexcept;
// Whether guard_over() made it.
bool is_guard_over_a_backend(const std::pmr::memory_resource* resource) noexcept;

}  // namespace autopmr

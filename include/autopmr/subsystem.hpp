#pragma once
/// \file
/// Named resources with budgets and counters.   (contract draft: its owner completes it)

#include <autopmr/layer.hpp>
#include <autopmr/policy.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace autopmr {

/// What configure() may ask of a subsystem; what is left empty comes from the nearest ancestor.
struct subsystem_options {
    std::string_view           backend;            ///< by name
    std::optional<std::size_t> limit;              ///< bytes
    std::optional<bool>        own_heap;
    std::optional<guard>       under;              ///< "not built" until the guards are
};

/// A snapshot; each field exact at some instant, not all at one.
struct subsystem_usage {
    std::string_view name, parent, backend;        ///< backend is empty until it is bound
    std::size_t      live = 0;                     ///< bytes now
    std::size_t      peak = 0;                     ///< an upper bound; too high by at most peak_error
    std::size_t      peak_error = 0;
    std::size_t      total = 0;                    ///< bytes ever allocated
    std::size_t      count = 0;                    ///< allocations ever
    std::size_t      failures = 0;                 ///< requests refused, by a limit or by the backend
    std::size_t      limit = 0;                    ///< SIZE_MAX: none
};

/// class subsystem_resource final : public layer { ... usage() ... }
/// subsystem_resource& subsystem(std::string_view name);     finds or makes; immortal
/// policy_result configure(std::string_view name, const subsystem_options&) noexcept;
/// void for_each_subsystem(void (*f)(const subsystem_resource&, void*), void*)  + template over callables
/// std::string subsystem_table(); std::string subsystem_json();

}  // namespace autopmr

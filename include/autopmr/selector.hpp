#pragma once
/// \file
/// Which backend this process should use, and why.   (contract draft: its owner completes it)

#include <autopmr/decision.hpp>
#include <autopmr/host.hpp>
#include <autopmr/platform.hpp>
#include <autopmr/policy.hpp>

#include <memory_resource>

namespace autopmr {

/// All that choose() looks at. Plain data: fill it in by hand to ask what another machine would get.
struct request {
    platform         where = this_platform;
    host             facts;
    goal             wanted = goal::throughput;
    said_by          wanted_by = said_by::nobody;
    std::string_view backend;                       ///< asked for by name; empty: free to choose
    said_by          backend_by = said_by::nobody;
    /// Why a backend can't serve, empty when it can. Null: ask the backend itself (backend::why_not).
    std::string_view (*why_not)(const struct backend&) noexcept = nullptr;
    bool             try_all = false;               ///< record why_not of every candidate (info, explain), not only up to the first
};

/// struct decision (see decision.hpp): ok(), error() -> string_view, chosen -> const backend*, under -> guard, rule,
/// because, candidates, facts, tunings, notes; std::string line(), table(), json(); resource() -> memory_resource&;
/// value_or_throw() -> const decision&.

/// The table: the policy, best first.     span-like {const candidate* begin, end}
/// candidate_list  candidates() noexcept;
/// Each backend once, best first, absent ones included:  for (const backend& b : backends())
/// backend_list    backends() noexcept;
/// const backend*  find_backend(std::string_view name) noexcept;

/// decision        choose(const request&, candidates) noexcept;   pure
/// decision        select(const policy& = {}) noexcept;           gathers the request, chooses; installs nothing
/// const decision& install_default(const policy& = {}) noexcept;  idempotent, thread-safe
/// const decision& default_decision() noexcept;                   what install_default did; empty (ok() false) before it ran

}  // namespace autopmr

#pragma once
/// \file
/// All that a choice looks at, as plain data.
///
/// select() fills one in from the machine it runs on (gather()); fill one in by hand to ask what another machine would get.
/// A value that holds its texts in place.

#include <autopmr/fixed_text.hpp>
#include <autopmr/host.hpp>
#include <autopmr/platform.hpp>

#include <string_view>

namespace autopmr {

struct backend;

/// What the program wants most. `throughput` unless somebody says otherwise.
enum class goal : unsigned char { throughput, footprint, hardened };

/// Who said so; earlier wins.
enum class said_by : unsigned char { program, environment, policy_file, nobody };

[[nodiscard]] std::string_view to_string(goal g) noexcept;
[[nodiscard]] std::string_view to_string(said_by who) noexcept;
/// False, and `out` untouched, when `text` names no goal.
[[nodiscard]] bool parse(std::string_view text, goal& out) noexcept;

/// The facts a row of the table may rest on: the bits of verdict::facts.
enum fact_bit : unsigned {
    fact_platform = 1u << 0,
    fact_c_library = 1u << 1,
    fact_goal = 1u << 2,
    fact_malloc = 1u << 3,
    fact_sanitizer = 1u << 4,
    fact_valgrind = 1u << 5,
};

struct request {
    platform         where = this_platform;
    std::string_view where_origin = "compiled for it";  ///< immortal
    host             facts;
    goal             wanted = goal::throughput;
    said_by          wanted_by = said_by::nobody;
    fixed_text<192>  wanted_origin;                 ///< "AUTOPMR_GOAL", "autopmr.toml:3"; empty: what wanted_by says
    fixed_text<64>   backend;                       ///< asked for by name; empty: free to choose
    said_by          backend_by = said_by::nobody;
    fixed_text<192>  backend_origin;
    /// Why a backend can't serve, empty when it can. Null: ask the backend itself (backend::why_not). Its texts are immortal.
    std::string_view (*why_not)(const autopmr::backend&) noexcept = nullptr;
    bool             try_all = false;               ///< ask every backend (info, explain), not only up to the first that serves
    fixed_text<640>  problem;                       ///< what is wrong with the wishes themselves; choose() answers it as the error
};

}  // namespace autopmr

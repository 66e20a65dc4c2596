#pragma once
/// \file
/// What the policy file asks of the selector: the default backend and the goal, each with where it says so.

#include <autopmr/fixed_text.hpp>
#include <autopmr/request.hpp>

namespace autopmr {

struct file_policy {
    fixed_text<64>  backend;         // empty: the file does not say
    fixed_text<192> backend_origin;  // "autopmr.toml:3:11"
    goal            wanted = goal::throughput;
    bool            wanted_given = false;
    fixed_text<192> wanted_origin;
};

/// What the files loaded so far ask for, AUTOPMR_POLICY's among them (it is loaded here if it was not yet). False, and one
/// line in `problem`, when that file can't be used.
bool read_file_policy(file_policy& out, fixed_text<640>& problem) noexcept;

}  // namespace autopmr

#pragma once
/// \file
/// What a program or a file asks for.   (contract draft: its owner completes it)

#include <autopmr/decision.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace autopmr {

/// What the program asks for in code; wins over the environment and the policy file.
struct policy {
    std::string_view    backend;           ///< by name; empty: let the selector choose
    std::optional<goal> wanted;
    bool                replace = false;   ///< replace a default resource that the program had already set
};

/// The outcome of configure() and load_policy(): nothing was changed when !ok(). error() is one line, with file, line and
/// column where a file was read. warnings() likewise, one a line.
class policy_result;   // ok(), error(), warnings(), value_or_throw()

/// load_policy(std::string path) noexcept -> policy_result;

}  // namespace autopmr

#pragma once
/// \file
/// What a program or a file asks for: the default backend, the goal, and the subsystems' settings.
///
/// Use `policy` for the one choice a program makes in code, and a TOML file (docs/policy.md has the format) for what whoever
/// runs the program should be able to change: load_policy(path), or AUTOPMR_POLICY=path with no code at all. Load before the
/// subsystems it speaks of allocate. A setting that the program made with configure() wins over the file's; of two files the
/// later wins. Any thread may load; nothing here throws except value_or_throw().

#include <autopmr/decision.hpp>
#include <autopmr/fixed_text.hpp>

#include <optional>
#include <string_view>

namespace autopmr {

/// What the program asks for in code; wins over the environment and the policy file.
struct policy {
    std::string_view    backend;           ///< by name; empty: let the selector choose
    std::optional<goal> wanted;
    bool                replace = false;   ///< replace a default resource that the program had already set
};

/// The outcome of configure() and load_policy(). When !ok() nothing was changed. Holds its text in place: too many warnings
/// end in "...".
class policy_result {
public:
    [[nodiscard]] bool ok() const noexcept { return error_.empty(); }
    /// One line: where ("autopmr.toml:4:9" for a file), what is wrong, and what to do.
    [[nodiscard]] std::string_view error() const noexcept { return error_; }
    /// What was done all the same but looks wrong, one a line; empty when all is well.
    [[nodiscard]] std::string_view warnings() const noexcept { return warnings_; }
    /// This, or configuration_error where that is preferred.
    const policy_result& value_or_throw() const;

    void fail(std::string_view line) noexcept { error_ = fixed_text<1024>(line); }
    void warn(std::string_view line) noexcept {
        if (!warnings_.empty()) warnings_.append("\n");
        warnings_.append(line);
    }

private:
    fixed_text<1024> error_;
    fixed_text<2048> warnings_;
};

/// Reads a policy file and applies all of it or nothing. "file:line:column: message" says what is wrong: unknown keys, wrong
/// types, bad sizes and names, names given twice, backends that are unknown or can't serve, changes that come too late. In a
/// build without a TOML reader it fails and says so.
policy_result load_policy(std::string_view path) noexcept;

/// Loads the file that AUTOPMR_POLICY names, once a process; later calls give the first outcome again. Good when it is unset.
/// select(), install_default() and the first allocation of a subsystem call it.
const policy_result& load_policy_from_environment() noexcept;

}  // namespace autopmr

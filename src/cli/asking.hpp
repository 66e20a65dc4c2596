#pragma once
/// \file
/// The words of a command line as the selector's request; and a request's parts as words.

#include <autopmr/selector.hpp>

#include <string>
#include <vector>

namespace autopmr::cli {

/// What this machine, the environment and the policy file ask, with `goal` and `backend` of the command line before them
/// (empty: not given). Throws failure (usage) for names that do not exist. `backend` is borrowed.
[[nodiscard]] request ask(const std::string& goal, const std::string& backend);

/// The decision, and what a program that installed it here would set in the chosen allocator: tried in this process, which
/// ends soon. A request that says itself who can serve (another machine's) is only decided.
[[nodiscard]] decision decide_and_tune(const request& asked);

/// The decision's line without the name of the library before it.
[[nodiscard]] std::string line_of(const decision& made);

/// "linux", "linux-musl", "ios", ...: throws failure (usage) with the list for any other.
[[nodiscard]] platform parse_platform(const std::string& name);
[[nodiscard]] std::string platform_names();
[[nodiscard]] std::string_view name_of(c_library libc) noexcept;

/// What should be known besides, a line each: the decision's notes, and what the policy file of the environment warns of.
[[nodiscard]] std::string notes_of(const decision& made);

/// For CLI11's check(): an empty value is most often a shell's variable that nobody has set.
[[nodiscard]] std::string not_empty(const std::string& value);

[[nodiscard]] std::string goal_names();
[[nodiscard]] std::string backend_names();
/// Throws failure (usage) with the list when there is none of that name.
const backend& parse_backend(const std::string& name);

enum class fact_kind { text, number, size, flag };

/// One fact of a host under its name there: `value` is empty when it is unknown, and then the origin says why.
struct fact_row {
    std::string name, value, origin;
    fact_kind   kind = fact_kind::text;
};
[[nodiscard]] std::vector<fact_row> rows_of(const host& facts);
/// The same as lines for people.
[[nodiscard]] std::string facts_table(const host& facts);

}  // namespace autopmr::cli

#pragma once
// The words of a policy, and what stands behind them.

#include <autopmr/backend.hpp>
#include <autopmr/fixed_text.hpp>

#include <string_view>

namespace autopmr {

// False when there is no guard of that name.
[[nodiscard]] bool             parse(std::string_view word, guard& out) noexcept;
inline constexpr std::string_view guard_words = "\"none\", \"canary\", \"pages\" or \"sampled\"";
// Empty when there is such a backend and it can serve, else why not and what could.
[[nodiscard]] fixed_text<512>  backend_error(std::string_view name) noexcept;

}  // namespace autopmr

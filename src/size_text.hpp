#pragma once
// Sizes as people write and read them.

#include <autopmr/fixed_text.hpp>

#include <cstddef>
#include <string_view>

namespace autopmr {

// "65536", "64KiB", "64 KB", ...: a whole number and B, KB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB (of 1024).
// Empty when that is what it was, else what is wrong with it and what to do; `out` is then left alone.
[[nodiscard]] std::string_view parse_size(std::string_view text, std::size_t& out) noexcept;

// "1.5 MiB": three digits or so, for people.
[[nodiscard]] fixed_text<16> short_size(std::size_t bytes) noexcept;

}  // namespace autopmr

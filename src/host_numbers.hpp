#pragma once
/// \file
/// Numbers as the kernel writes them, read strictly: what is not wholly such a number is refused, never half taken.

#include <string_view>

namespace autopmr {

/// Without the white space around it.
std::string_view trimmed(std::string_view text) noexcept;

/// Takes what stands before `separator` (or all) off the front of `text`; the separator goes too.
std::string_view take_until(std::string_view& text, char separator) noexcept;

/// Decimal digits and nothing else. False for an empty text, a sign, any other character, and on overflow.
bool parse_number(std::string_view text, unsigned long long& out) noexcept;

/// How many numbers a list such as "0-3,8" names. False when it is not such a list, names none, or goes past 65535.
bool parse_list_size(std::string_view text, unsigned& out) noexcept;

}  // namespace autopmr

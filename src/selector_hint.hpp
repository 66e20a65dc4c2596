#pragma once
/// \file
/// The known name that somebody who mistyped probably meant.

#include <cstddef>
#include <string_view>

namespace autopmr {

/// Of ASCII, whatever the locale.
constexpr char small(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr bool same_letters(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i != a.size(); ++i)
        if (small(a[i]) != small(b[i])) return false;
    return true;
}

/// Letters to insert, delete or change between two short words; large for long ones.
inline std::size_t edit_distance(std::string_view a, std::string_view b) noexcept {
    constexpr std::size_t most = 32;
    if (a.size() >= most || b.size() >= most) return most;
    std::size_t row[most] = {};
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = diagonal + (small(a[i - 1]) == small(b[j - 1]) ? 0 : 1);
            diagonal = row[j];
            const std::size_t shift = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            row[j] = change < shift ? change : shift;
        }
    }
    return row[b.size()];
}

/// Close enough to be a slip of the finger, or a beginning or longer form of the name ("tcmalloc_minimal").
inline bool may_mean(std::string_view typed, std::string_view known) noexcept {
    if (typed.size() >= 3 && (same_letters(known.substr(0, typed.size()), typed) || same_letters(typed.substr(0, known.size()), known))) return true;
    return edit_distance(typed, known) <= 2;
}

}  // namespace autopmr

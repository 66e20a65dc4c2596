#pragma once
/// \file
/// A short text held in place.
///
/// For what must be kept without allocating: where a fact was read, why a backend can't serve, an error. Too long a text
/// keeps its beginning and ends in "...". Not for text of unbounded length.

#include <cstddef>
#include <string_view>

namespace autopmr {

template <std::size_t Capacity>
class fixed_text {
    static_assert(Capacity >= 4, "room for at least the mark of a cut");

public:
    constexpr fixed_text() noexcept = default;
    constexpr fixed_text(std::string_view text) noexcept { append(text); }
    constexpr fixed_text(const char* text) noexcept { append(std::string_view(text)); }

    constexpr fixed_text& append(std::string_view text) noexcept {
        for (char c : text) {
            if (size_ == Capacity) {
                for (std::size_t i = Capacity - 3; i != Capacity; ++i) characters_[i] = '.';
                cut_ = true;
                break;
            }
            characters_[size_++] = c;
        }
        return *this;
    }
    constexpr fixed_text& append(unsigned long long number) noexcept {
        char digits[20] = {};
        std::size_t first = 20;
        do digits[--first] = static_cast<char>('0' + number % 10);
        while ((number /= 10) != 0);
        return append(std::string_view(digits + first, 20 - first));
    }
    constexpr void clear() noexcept {
        size_ = 0;
        cut_ = false;
    }

    constexpr bool             empty() const noexcept { return size_ == 0; }
    constexpr bool             cut() const noexcept { return cut_; }  ///< something did not fit
    constexpr std::string_view view() const noexcept { return {characters_, size_}; }
    constexpr operator std::string_view() const noexcept { return view(); }

private:
    char        characters_[Capacity] = {};
    std::size_t size_ = 0;
    bool        cut_ = false;
};

}  // namespace autopmr

#include "src/size_text.hpp"

#include <cstdint>

namespace autopmr {
namespace {

struct unit {
    std::string_view word;
    std::uint64_t    bytes;
};
constexpr unit units[] = {{"", 1}, {"B", 1},
    {"KB", 1000}, {"kB", 1000}, {"MB", 1000'000}, {"GB", 1000'000'000}, {"TB", 1000'000'000'000},
    {"KiB", 1ull << 10}, {"MiB", 1ull << 20}, {"GiB", 1ull << 30}, {"TiB", 1ull << 40}};

constexpr std::string_view how = "is not a size; write a whole number of bytes, or one with B, KB, MB, GB, TB, KiB, MiB, GiB or TiB";

}  // namespace

std::string_view parse_size(std::string_view text, std::size_t& out) noexcept {
    if (!text.empty() && text.front() == '-') return "is negative; a size is a positive whole number";
    std::uint64_t number = 0;
    std::size_t   digits = 0;
    for (; digits != text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
        const auto digit = static_cast<std::uint64_t>(text[digits] - '0');
        if (number > (UINT64_MAX - digit) / 10) return "is more than this machine can address; give a smaller size";
        number = number * 10 + digit;
    }
    if (digits == 0) return how;
    text.remove_prefix(digits);
    if (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    for (const unit& u : units) {
        if (u.word != text) continue;
        // Half the address space is more than any object may take.
        if (number > static_cast<std::uint64_t>(PTRDIFF_MAX) / u.bytes) return "is more than this machine can address; give a smaller size";
        out = static_cast<std::size_t>(number * u.bytes);
        return {};
    }
    return how;
}

fixed_text<16> short_size(std::size_t bytes) noexcept {
    constexpr std::string_view names[] = {" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};
    std::size_t                unit = 0;
    std::size_t                rest = 0;  // tenths are enough below ten
    while (bytes >= 1024 && unit != 6) {
        rest = bytes % 1024;
        bytes /= 1024;
        ++unit;
    }
    fixed_text<16> text;
    text.append(bytes);
    if (unit != 0 && bytes < 100) text.append(".").append(rest * 10 / 1024);
    return text.append(names[unit]);
}

}  // namespace autopmr

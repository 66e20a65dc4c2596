#include "src/host_numbers.hpp"

#include <charconv>

namespace autopmr {

std::string_view trimmed(std::string_view text) noexcept {
    constexpr std::string_view white = " \t\r\n";
    const auto                 first = text.find_first_not_of(white);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(white) - first + 1);
}

std::string_view take_until(std::string_view& text, char separator) noexcept {
    const auto end = text.find(separator);
    const auto taken = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return taken;
}

bool parse_number(std::string_view text, unsigned long long& out) noexcept {
    unsigned long long number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return false;
    out = number;
    return true;
}

bool parse_list_size(std::string_view text, unsigned& out) noexcept {
    constexpr unsigned long long most = 65535;
    unsigned long long           size = 0, next = 0;
    for (bool more = true; more;) {
        more = text.find(',') != std::string_view::npos;
        auto               range = take_until(text, ',');
        const bool         single = range.find('-') == std::string_view::npos;
        unsigned long long first = 0, last = 0;
        if (!parse_number(take_until(range, '-'), first)) return false;
        if (single) last = first;
        else if (!parse_number(range, last)) return false;
        if (first < next || last < first || last > most) return false;  // the kernel writes them in order, none twice
        size += last - first + 1;
        next = last + 1;
    }
    out = static_cast<unsigned>(size);
    return true;
}

}  // namespace autopmr

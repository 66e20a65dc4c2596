#include "report_text.hpp"

#include "../platform/os.hpp"

#include <cstdint>

namespace autopmr {

report_text& report_text::text(std::string_view words) noexcept {
    line_.append(words);
    return *this;
}

report_text& report_text::text(const char* words) noexcept {
    return text(words != nullptr ? std::string_view(words) : std::string_view("(null)"));
}

report_text& report_text::number(unsigned long long value) noexcept {
    line_.append(value);
    return *this;
}

report_text& report_text::address(const void* value) noexcept {
    constexpr std::size_t most = sizeof(std::uintptr_t) * 2;
    char                  digits[most];
    std::size_t           first = most;
    auto                  rest = reinterpret_cast<std::uintptr_t>(value);
    do digits[--first] = "0123456789abcdef"[rest & 15U];
    while ((rest >>= 4U) != 0);
    return text("0x").text(std::string_view(digits + first, most - first));
}

void report_text::write() const noexcept {
    // A copy with the newline behind it: one write keeps the line whole.
    char        out[1024 + 1];
    std::size_t size = line_.view().copy(out, sizeof out - 1);
    out[size++] = '\n';
    os::write_error(out, size);
}

}  // namespace autopmr

#include "src/support/json_text.hpp"

#include <cstddef>

namespace autopmr {
namespace {

// Bytes of the character that starts at text[i], 0 when they are no UTF-8 (overlong forms and surrogates included).
std::size_t character_at(std::string_view text, std::size_t i) noexcept {
    const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0u; };
    const auto more = [&](std::size_t at) { return (byte(at) & 0xC0u) == 0x80u; };
    const unsigned a = byte(i), b = byte(i + 1);
    if (a < 0x80) return 1;
    if (a >= 0xC2 && a <= 0xDF) return more(i + 1) ? 2 : 0;
    if (a >= 0xE0 && a <= 0xEF) {
        if ((a == 0xE0 && b < 0xA0) || (a == 0xED && b > 0x9F)) return 0;
        return more(i + 1) && more(i + 2) ? 3 : 0;
    }
    if (a >= 0xF0 && a <= 0xF4) {
        if ((a == 0xF0 && b < 0x90) || (a == 0xF4 && b > 0x8F)) return 0;
        return more(i + 1) && more(i + 2) && more(i + 3) ? 4 : 0;
    }
    return 0;
}

void append_control(std::string& out, char c) {
    constexpr char digits[] = "0123456789abcdef";
    const auto     value = static_cast<unsigned char>(c);
    switch (c) {
        case '\n': out += "\\n"; return;
        case '\t': out += "\\t"; return;
        case '\r': out += "\\r"; return;
        default: out += "\\u00";
    }
    out += digits[value >> 4];
    out += digits[value & 15];
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = character_at(text, i);
        if (length == 0) {
            out += "\xEF\xBF\xBD";
            ++i;
            continue;
        }
        const char c = text[i];
        if (c == '"' || c == '\\') out.append(1, '\\').append(1, c);
        else if (static_cast<unsigned char>(c) < 0x20) append_control(out, c);
        else out.append(text.substr(i, length));
        i += length;
    }
    out += '"';
}

}  // namespace autopmr

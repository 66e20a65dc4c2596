#include "src/cli/console.hpp"

#include "src/cli/failure.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace autopmr::cli {

namespace {

bool colours_wanted() {
    static const bool wanted = [] {
        const char* no = std::getenv("NO_COLOR");
        const char* terminal = std::getenv("TERM");
        return ::isatty(STDOUT_FILENO) == 1 && (no == nullptr || *no == '\0') && terminal != nullptr && std::strcmp(terminal, "dumb") != 0;
    }();
    return wanted;
}

// 0: not a terminal, never wrap.
std::size_t terminal_width() {
    winsize window = {};
    return ::isatty(STDOUT_FILENO) == 1 && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 ? window.ws_col : 0;
}

// Cut at blanks into pieces of at most `width`, where they have any.
std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
    std::vector<std::string> lines;
    std::string_view         rest = text;
    while (rest.size() > width) {
        std::size_t cut = rest.rfind(' ', width);
        if (cut == rest.npos || cut == 0) cut = rest.find(' ');
        if (cut == rest.npos) break;
        lines.emplace_back(rest.substr(0, cut));
        rest.remove_prefix(cut + 1);
    }
    lines.emplace_back(rest);
    return lines;
}

}  // namespace

std::string coloured(std::string_view text, tint colour) {
    const char* code = "";
    switch (colour) {
        case tint::none: return std::string(text);
        case tint::strong: code = "1"; break;
        case tint::good: code = "32"; break;
        case tint::bad: code = "31"; break;
        case tint::faint: code = "2"; break;
    }
    return colours_wanted() ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

std::string heading(std::string_view text) { return coloured(text, tint::strong) + "\n"; }

void table::add(std::vector<std::string> cells, tint colour) { rows_.push_back({std::move(cells), colour}); }

std::string table::text() const {
    std::vector<std::size_t> widths;
    for (const row& line : rows_)
        for (std::size_t i = 0; i != line.cells.size(); ++i) {
            if (i == widths.size()) widths.push_back(0);
            widths[i] = std::max(widths[i], line.cells[i].size());
        }
    std::size_t before_last = 2;
    for (std::size_t i = 0; i + 1 < widths.size(); ++i) before_last += widths[i] + 2;
    const std::size_t terminal = terminal_width();
    const std::size_t room = terminal > before_last + 24 ? terminal - before_last : terminal == 0 ? std::string::npos : 24;
    std::string       out;
    for (const row& line : rows_) {
        std::string text = "  ";
        for (std::size_t i = 0; i != line.cells.size(); ++i) {
            if (i + 1 != widths.size()) {
                text += fmt::format("{:<{}}", line.cells[i], widths[i] + 2);
                continue;
            }
            const std::vector<std::string> pieces = wrapped(line.cells[i], room);
            for (std::size_t piece = 0; piece != pieces.size(); ++piece) {
                if (piece != 0) text.append(1, '\n').append(before_last, ' ');
                text += pieces[piece];
            }
        }
        text.erase(text.find_last_not_of(' ') + 1);
        out += coloured(text, line.colour) + "\n";
    }
    return out;
}

std::string readable_size(unsigned long long bytes) {
    if (bytes < 1024) return fmt::format("{} bytes", bytes);
    double      value = static_cast<double>(bytes) / 1024;
    const char* units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    std::size_t unit = 0;
    for (; value >= 1024 && unit + 1 != std::size(units); ++unit) value /= 1024;
    std::string text = fmt::format("{:.1f}", value);
    if (text.ends_with(".0")) text.resize(text.size() - 2);
    return text + " " + units[unit];
}

void print(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
        throw failure(status::negative, std::string("can't write to standard output: ") + std::strerror(errno));
}

}  // namespace autopmr::cli

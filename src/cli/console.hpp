#pragma once
/// \file
/// What people read: aligned tables, and colour only on a terminal that wants it.

#include <string>
#include <string_view>
#include <vector>

namespace autopmr::cli {

enum class tint { none, strong, good, bad, faint };

/// The text, coloured when standard output is a terminal, NO_COLOR is not set and TERM is not "dumb".
[[nodiscard]] std::string coloured(std::string_view text, tint colour);

/// A word above a block of lines.
[[nodiscard]] std::string heading(std::string_view text);

/// Columns as wide as their widest cell, two blanks between. On a terminal the last column is wrapped at its width;
/// elsewhere a row stays one line, for grep.
class table {
public:
    void add(std::vector<std::string> cells, tint colour = tint::none);
    [[nodiscard]] std::string text() const;

private:
    struct row {
        std::vector<std::string> cells;
        tint                     colour;
    };
    std::vector<row> rows_;
};

/// "15.6 GiB", "64 KiB", "17 bytes".
[[nodiscard]] std::string readable_size(unsigned long long bytes);

/// Writes to standard output; failure when that can't be written to.
void print(std::string_view text);

}  // namespace autopmr::cli

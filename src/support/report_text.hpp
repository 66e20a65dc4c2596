#pragma once
/// \file
/// One line for standard error, made without allocating, locking or asking the C library to format.
///
/// Use it where memory is out, broken or being reported on, signal handlers included. The line leaves in one write, so that
/// lines of several threads do not mix. What does not fit is cut and ends in "...". Throws nothing.

#include <autopmr/fixed_text.hpp>

#include <cstddef>
#include <string_view>

namespace autopmr {

class report_text {
public:
    report_text& text(std::string_view words) noexcept;
    /// A C string; null is written as "(null)".
    report_text& text(const char* words) noexcept;
    report_text& number(unsigned long long value) noexcept;
    report_text& address(const void* value) noexcept;

    /// The line so far, without the newline.
    [[nodiscard]] std::string_view view() const noexcept { return line_; }
    /// Writes the line and a newline to standard error.
    void write() const noexcept;

private:
    fixed_text<1024> line_;
};

}  // namespace autopmr

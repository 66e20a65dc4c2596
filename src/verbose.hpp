#pragma once
// AUTOPMR_VERBOSE: without it the library is silent.

#include "src/platform/os.hpp"
#include "src/support/report_text.hpp"

#include <string_view>

namespace autopmr {

inline bool verbose() noexcept {
    const char* const asked = os::environment("AUTOPMR_VERBOSE");
    return asked != nullptr && asked[0] != '\0' && !(asked[0] == '0' && asked[1] == '\0');
}

inline void tell_if_verbose(std::string_view about, std::string_view line) noexcept {
    if (verbose()) report_text().text("autopmr: ").text(about).text(line).write();
}

}  // namespace autopmr

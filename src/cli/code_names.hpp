#pragma once
/// \file
/// Functions, files and lines at places in object files, of programs that need not run: by `addr2line`, where that is installed.

#include <cstdint>
#include <string>
#include <vector>

namespace autopmr::cli {

/// For each offset in a file, the lines that `addr2line` says of it, the innermost of inlined functions first; none where nothing is
/// known. `why_not` says why nothing is known of all of them.
[[nodiscard]] std::vector<std::vector<std::string>> code_names(
    const std::string& file, const std::vector<std::uint64_t>& offsets, std::string& why_not);

}  // namespace autopmr::cli

#pragma once
/// \file
/// Which shared library puts a whole program on a backend's allocator, and where it is.

#include "src/cli/program_file.hpp"

#include <string>
#include <string_view>

namespace autopmr::cli {

struct preload {
    std::string library;  ///< empty with an empty why_not: nothing needs to be preloaded ("system")
    std::string why_not;
};

/// For a backend's name. Packages are named as Debian names them.
[[nodiscard]] preload find_preload(std::string_view backend, const program_file& program, const library_search& libraries);

/// "mimalloc, jemalloc, tcmalloc, tbb, scudo, system"
[[nodiscard]] std::string preloadable_backends();

}  // namespace autopmr::cli

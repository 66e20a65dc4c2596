#pragma once
/// \file
/// Where the dynamic linker would find a shared library, for programs of any kind.

#include "src/cli/elf.hpp"

#include <string>
#include <vector>

namespace autopmr::cli {

/// The text's parts between any of `separators`, empty ones left out.
[[nodiscard]] std::vector<std::string> split(const std::string& text, const char* separators);

class library_search {
public:
    /// Reads LD_LIBRARY_PATH and the linker's cache once.
    library_search();

    /// The path of the library `name` (a soname or a path) for programs of this kind; empty when there is none. `run_path` is
    /// searched first, with `$ORIGIN` standing for `origin`.
    [[nodiscard]] std::string find(const std::string& name, const elf_kind& kind, const std::string& run_path = {},
                                   const std::string& origin = {}) const;
    /// Files of that name for any other kind of program: to say what was found instead.
    [[nodiscard]] std::string find_other(const std::string& name, const elf_kind& kind) const;

private:
    [[nodiscard]] std::vector<std::string> places(const std::string& name) const;

    std::vector<std::string> folders_;
    std::string              cache_;
};

}  // namespace autopmr::cli

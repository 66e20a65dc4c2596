#pragma once
/// \file
/// Starting a program on guard pages: the library for it, and what it is told.

#include "src/cli/program_file.hpp"

#include <string>

namespace autopmr::cli {

struct guard_wish {
    std::string   guard;      ///< "pages", "sampled"; empty: none
    std::string   exhausted;  ///< "refuse", "recycle", "pass"
    unsigned long rate = 5000;
};

/// The path of libautopmr-preload.so, beside the library this program uses or beside the program; a failure when there is none, or the
/// program can't take it.
[[nodiscard]] std::string find_guard_library(const program_file& program);

/// Puts the guard into the environment; the line says what was done.
[[nodiscard]] std::string preload_guard(const guard_wish& wish, const program_file& program);

}  // namespace autopmr::cli

#pragma once
/// \file
/// Whose `malloc` a running process uses, from what the kernel says of it and the files it has mapped.

#include "src/cli/allocator_marks.hpp"
#include "src/cli/failure.hpp"

#include <stdexcept>
#include <string>
#include <vector>

namespace autopmr::cli {

struct loaded_allocator {
    std::string owner, file;
};

struct malloc_report {
    long        pid = 0;
    std::string command, program;               ///< the name the kernel shows; the executable's path
    std::string owner;                          ///< "jemalloc", "libc (glibc)", ...; empty when it could not be told
    std::string file;                           ///< what serves it: a library, or the executable
    std::string because;                        ///< how that is known, or why it is not
    std::vector<loaded_allocator> also_loaded;  ///< exporters of malloc that come later and so do not serve it
    std::vector<std::string>      notes;
    std::vector<setting>          settings;     ///< allocators' variables in its environment
};

/// Nothing can be said: no such process, not allowed, no user memory. One line, with what to do.
struct no_report : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// `proc` stands for /proc, so that a folder can stand for a process.
[[nodiscard]] malloc_report inspect_process(long pid, const std::string& proc = "/proc");

/// A process id from a command line; failure (usage) for anything else.
[[nodiscard]] long parse_pid(const std::string& text);

}  // namespace autopmr::cli

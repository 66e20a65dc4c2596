#pragma once
/// \file
/// The program that `run` is about to start: found as the shell finds it, followed through scripts to the ELF file that
/// the dynamic linker will load, and asked whether a preloaded library would take effect there.

#include "src/cli/elf.hpp"
#include "src/cli/library_search.hpp"

#include <string>
#include <vector>

namespace autopmr::cli {

struct program_file {
    std::string path;         ///< what is executed
    std::string loaded;       ///< the ELF file that runs: `path`, or the interpreter of a script
    elf_kind    kind;
    bool        musl = false;
    std::string why_no_preload;     ///< set-uid, statically linked, ...: preloading has no effect; empty: it works
    std::string own_allocator;      ///< whose malloc it has when nothing is preloaded; empty: the C library's
    std::string own_allocator_file; ///< what brings that
    bool        in_executable = false;  ///< the executable itself exports malloc: no preload can win against that
};

/// Throws failure with status 127 (no such program) or 126 (can't be started).
[[nodiscard]] program_file find_program(const std::string& name, const library_search& libraries);

/// What is preloaded already, by LD_PRELOAD or /etc/ld.so.preload, and exports malloc.
struct preloaded_allocator {
    std::string owner, file, said_by;
};
[[nodiscard]] preloaded_allocator already_preloaded(const elf_kind& kind, const library_search& libraries);

}  // namespace autopmr::cli

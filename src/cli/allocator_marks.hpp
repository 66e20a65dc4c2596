#pragma once
/// \file
/// How to tell whose allocator a file holds, by what it exports, defines or says; and which variables allocators read.

#include "src/cli/elf.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace autopmr::cli {

/// Whose `malloc` the file exports: "jemalloc", "mimalloc", "libc", "AddressSanitizer", ...; the file's own name when it is
/// none that is known here. Asks the exported symbols only.
[[nodiscard]] std::string owner_of_exports(const elf_file& file, const std::string& path);

/// Whose allocator was linked into an executable: by exports, else by its symbol table, else by the texts it would print.
/// Empty when nothing tells.
[[nodiscard]] std::string owner_linked_in(const elf_file& file);

/// True for the sanitizers' names as given by the two above.
[[nodiscard]] bool is_sanitizer(std::string_view owner) noexcept;

/// A variable of the environment that an allocator, or what loads one, reads.
struct setting {
    std::string name, value, reader;
};

/// Those among `NAME=value` texts, in their order: MALLOC_CONF, MIMALLOC_*, LD_PRELOAD, ...
[[nodiscard]] std::vector<setting> allocator_settings(const std::vector<std::string>& environment);
/// The same, of this process.
[[nodiscard]] std::vector<setting> allocator_settings();

}  // namespace autopmr::cli

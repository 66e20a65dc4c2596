#pragma once
/// \file
/// What a process has mapped and in which order its dynamic linker searches it.

#include "src/cli/elf.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace autopmr::cli {

/// In a process's folder of /proc: its root, as a container gives it one.
inline constexpr char process_root[] = "root";

struct mapping {
    std::uint64_t begin = 0, end = 0;
    std::size_t   object = 0;  ///< index of the file it belongs to
};

/// A file mapped into a process, opened as the process sees it.
struct mapped_object {
    std::string             path;
    bool                    deleted = false;
    std::uint64_t           base = 0;  ///< where its first byte is mapped
    std::optional<elf_file> file;      ///< empty: not opened (yet)
};

struct memory_map {
    std::vector<mapping>       ranges;
    std::vector<mapped_object> objects;
};

/// The text of a file below /proc, at most `limit` bytes. False, errno set, when it can't be read.
bool read_text(const std::string& path, std::string& out, std::size_t limit = std::size_t{64} << 20);

/// Parses maps and opens every mapped file: through the kernel's own links where that is allowed, which also lead to files
/// that were deleted since; else below the process's own root, so that a container's own files are read.
[[nodiscard]] memory_map read_memory_map(const std::string& folder, const std::string& maps);

/// The dynamic linker's own list, read from the process: exact. Empty when the memory may not be read or holds no list yet.
[[nodiscard]] std::vector<std::size_t> link_order(const std::string& folder, const memory_map& memory, std::size_t executable);

/// The same, worked out from the files: executable, preloads, then needed libraries breadth first. Libraries that the
/// program loaded later are not in it.
[[nodiscard]] std::vector<std::size_t> needed_order(const memory_map& memory, std::size_t executable,
                                                    const std::vector<std::string>& preloads);

}  // namespace autopmr::cli

#pragma once
/// \file
/// Reads a saved fault report (docs/fault-format.md): the report, and where the program's code came from.
///
/// Any bytes may come in. What is whole is given, and what is not is said with its offset. Throws std::bad_alloc, and asks for
/// no more memory than a few times the file's size.

#include <autopmr/fault_report.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace autopmr {

/// As its writer had them: addresses are of another process, perhaps of another machine.
struct saved_moment {
    std::uint64_t              sequence = 0, thread = 0;
    std::vector<std::uint64_t> frames;
};

struct saved_mapping {
    std::uint64_t begin = 0, end = 0, offset = 0;  ///< offset: of `begin` in the file
    std::string   file;                            ///< empty where it was none
};

struct saved_fault {
    std::string   error;   ///< why nothing could be read; empty: the report could
    std::string   damage;  ///< what is missing or broken behind the report, and where
    std::uint32_t version = 0, report_version = 0;
    fault_kind    kind = fault_kind::unknown;
    fault_access  access = fault_access::unknown;
    block_state   state = block_state::unknown;
    std::string   resource, subsystem;
    std::uint64_t process = 0, address = 0;
    std::uint64_t expected_bytes = 0, expected_alignment = 0, given_bytes = 0, given_alignment = 0;
    std::uint64_t block = 0, past_end = 0, before_start = 0, frees_ago = 0;
    saved_moment  found, allocated, deallocated;
    std::vector<saved_mapping> mappings;

    [[nodiscard]] bool ok() const noexcept { return error.empty(); }
    /// The mapping that a return address leads into; null where there is none.
    [[nodiscard]] const saved_mapping* mapping_of(std::uint64_t address) const noexcept;
};

[[nodiscard]] saved_fault read_fault(std::string_view file);
/// The same of a file by its name; one of more than 256 MiB is refused.
[[nodiscard]] saved_fault read_fault_file(const char* path);

}  // namespace autopmr

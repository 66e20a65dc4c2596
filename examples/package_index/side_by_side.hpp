#pragma once
/// \file
/// The same work measured in several ways: one process a case, the cases taking turns.

#include <stdexcept>
#include <string>
#include <vector>

/// A way to do the work, or why it can't be had here.
struct work_case {
    std::string name;
    std::string why_not;
};

/// The case that was asked for can't be had.
struct unknown_case : std::logic_error {
    using logic_error::logic_error;
};

/// What one run says of itself: how long, its peak memory, and what it found, which must be the same for all.
struct run_result {
    double      milliseconds = 0;  // of the processor
    double      peak_mebibytes = 0;
    std::string found;
};

/// In the child: does the work of that name and prints the result for the parent.
int run_case(const std::string& name, const std::string& path);

/// The ways: plain containers, std::pmr's new and delete, the three subsystems, every backend.
std::vector<work_case> all_cases();

/// In the parent: runs every case `rounds` times, taking turns, and gives the table.
std::string side_by_side(const std::vector<work_case>& cases, const std::string& path, int rounds);

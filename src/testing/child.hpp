#pragma once
/// \file
/// Runs something in a child process and says how it ended: for what may abort, trap or never return.

#include <functional>
#include <string>

namespace autopmr::testing {

struct child_end {
    int         exit_status = -1;  ///< -1 where a signal ended it
    int         signal = 0;        ///< 0 where it exited
    bool        hung = false;      ///< it was ended because it took too long
    std::string error;             ///< what it wrote to standard error
};

/// Why this system has no such children; empty where it has.
[[nodiscard]] std::string why_no_child();

/// Calls `body` in a forked child, whose return value becomes its exit status. A body that hangs is ended after so many
/// seconds.
child_end in_child(const std::function<int()>& body, unsigned seconds = 60);

}  // namespace autopmr::testing

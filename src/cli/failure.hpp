#pragma once
/// \file
/// Exit statuses, and the one way a command gives up: a line for standard error and the status to end with.

#include <stdexcept>
#include <string>

namespace autopmr::cli {

namespace status {
inline constexpr int good = 0;
inline constexpr int negative = 1;        ///< the question was understood, and the answer is no (or: can't be told)
inline constexpr int usage = 2;           ///< the command line, the environment or the policy asks for what does not exist
inline constexpr int run_failed = 125;    ///< run: autopmr itself could not do it; as env(1)
inline constexpr int cannot_start = 126;  ///< run: the program is there and can't be started so; as env(1)
inline constexpr int not_found = 127;     ///< run: there is no such program; as env(1)
}  // namespace status

struct failure : std::runtime_error {
    failure(int status, const std::string& message) : std::runtime_error(message), exit_status(status) {}
    int exit_status;
};

}  // namespace autopmr::cli

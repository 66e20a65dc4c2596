#pragma once
/// \file
/// What the commands have in common. Each is a file of its own: it adds its part of the command line, and when that part
/// was used leaves what is to be done in `chosen`.

#include "src/cli/failure.hpp"

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace autopmr::cli {

/// Does the work, returns the exit status; throws failure.
using action = std::function<int()>;

void add_info(CLI::App& program, action& chosen);
void add_explain(CLI::App& program, action& chosen);
void add_check(CLI::App& program, action& chosen);
void add_trace(CLI::App& program, action& chosen);
void add_explain_fault(CLI::App& program, action& chosen);
/// `program_line` is what comes after run's own options: it is not for the command line's parser.
void add_run(CLI::App& program, action& chosen, const std::vector<std::string>& program_line);

/// Takes the program and its arguments off a line that begins with "run", and returns them.
[[nodiscard]] std::vector<std::string> take_program_line(std::vector<std::string>& words);

}  // namespace autopmr::cli

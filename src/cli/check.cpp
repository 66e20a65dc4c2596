/// \file
/// `autopmr check`: one line and an exit status, for scripts that deploy or watch.

#include "src/cli/asking.hpp"
#include "src/cli/command.hpp"
#include "src/cli/console.hpp"
#include "src/cli/process.hpp"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace autopmr::cli {

namespace {

struct options {
    std::string expected, goal, pid;
};

int answer(bool match, const std::string& line) {
    print((match ? coloured("as expected: ", tint::good) : coloured("not as expected: ", tint::bad)) + line + "\n");
    return match ? status::good : status::negative;
}

int check_choice(const options& given) {
    const backend& expected = parse_backend(given.expected);
    const decision made = choose(ask(given.goal, {}));
    if (!made.ok()) throw failure(status::usage, std::string(made.error()));
    const bool match = made.chosen == &expected;
    return answer(match, (match ? std::string() : fmt::format("expected {}, got ", expected.name)) + line_of(made));
}

int check_process(const options& given) {
    const long    pid = parse_pid(given.pid);
    malloc_report report;
    try {
        report = inspect_process(pid);
    } catch (const no_report& why) {
        throw failure(status::usage, why.what());
    }
    if (report.owner.empty()) throw failure(status::usage, fmt::format("whose malloc process {} uses can't be told: {}", given.pid, report.because));
    // Whatever C library it is; a file of nobody's may well be called libcustom.so.
    const bool any_libc = given.expected == "system" || given.expected == "libc";
    const bool match = any_libc ? report.owner.starts_with("libc (") : report.owner == given.expected;
    return answer(match, fmt::format("{}process {} ({}) uses {} ({})", match ? std::string() : fmt::format("expected {}, ", given.expected),
                                     report.pid, report.command, report.owner, report.file));
}

}  // namespace

void add_check(CLI::App& program, action& chosen) {
    auto* const command = program.add_subcommand("check", "Exit with 0 when the choice is the expected one");
    const auto  given = std::make_shared<options>();
    command->add_option("--expect", given->expected, "The backend that should be chosen")->type_name("NAME")->required();
    auto* const goal = command->add_option("--goal", given->goal, "What matters most: " + goal_names())->type_name("GOAL")->check(not_empty);
    auto* const pid = command->add_option("--pid", given->pid, "Check whose malloc this process uses instead")->type_name("PID")->excludes(goal);
    command->footer(
        "Asks what a program that calls install_default() would get here and now; AUTOPMR_BACKEND, AUTOPMR_GOAL and\n"
        "AUTOPMR_POLICY count. One line goes to standard output.\n\n"
        "Examples:\n"
        "  autopmr check --expect mimalloc || exit 1\n"
        "  autopmr check --pid $(pidof redis-server) --expect jemalloc\n\n"
        "Exit status:\n"
        "  0  as expected\n"
        "  1  something else was chosen, or serves the process\n"
        "  2  it can't be told: a wrong command line, an unknown name, no such process, a choice that fails");
    command->callback([&chosen, given, pid] {
        const bool of_process = pid->count() != 0;
        chosen = [given, of_process] { return of_process ? check_process(*given) : check_choice(*given); };
    });
}

}  // namespace autopmr::cli

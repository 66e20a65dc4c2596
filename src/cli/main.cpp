/// \file
/// The program `autopmr`: reads the command line, does one command, ends with its status.

#include "src/cli/command.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <memory>

#include <CLI/CLI.hpp>

namespace {

using namespace autopmr::cli;

// CLI11's own layout, but "run" says what follows its options, and there are no words in capitals for every group.
class help_text : public CLI::Formatter {
public:
    std::string make_usage(const CLI::App* app, std::string name) const override {
        if (app->get_name() == "run") return "Usage: " + name + " [OPTIONS] [--] PROGRAM [ARGUMENTS...]\n";
        return app->get_parent() == nullptr ? "Usage: autopmr COMMAND [OPTIONS]\n" : "Usage: " + name + " [OPTIONS]\n";
    }
};

void print_error(const std::string& message) { std::fprintf(stderr, "autopmr: %s\n", message.c_str()); }

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
    const bool               is_run = !words.empty() && words.front() == "run";
    const auto               program_line = is_run ? take_program_line(words) : std::vector<std::string>();
    action                   chosen;
    CLI::App                 program("Chooses the right memory allocator for this machine, and says why.", "autopmr");
    program.formatter(std::make_shared<help_text>());
    program.get_formatter()->column_width(24);
    program.set_version_flag("--version", "autopmr " AUTOPMR_VERSION, "Print the version and exit");
    program.set_help_flag("-h,--help", "Print this help and exit");
    program.require_subcommand(1);
    add_info(program, chosen);
    add_explain(program, chosen);
    add_check(program, chosen);
    add_run(program, chosen, program_line);
    program.footer("'autopmr COMMAND --help' says more: examples and exit statuses. Colours are used on terminals only; NO_COLOR\n"
                   "turns them off.");
    try {
        std::reverse(words.begin(), words.end());
        program.parse(std::move(words));
        return chosen();
    } catch (const CLI::ParseError& stop) {
        if (stop.get_exit_code() == 0) return program.exit(stop);  // --help and --version
        const auto        commands = program.get_subcommands();
        const std::string about = commands.empty() ? "autopmr" : "autopmr " + commands.front()->get_name();
        print_error(std::string(stop.what()) + "; see '" + about + " --help'");
        return is_run ? status::run_failed : status::usage;
    } catch (const failure& stop) {
        print_error(stop.what());
        return stop.exit_status;
    } catch (const std::exception& stop) {
        print_error(stop.what());
        return is_run ? status::run_failed : status::negative;
    }
}

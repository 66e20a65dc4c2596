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

// CLI11's own layout, but commands are called so, and "run" says what follows its options.
class help_text : public CLI::Formatter {
public:
    help_text() { column_width(24); }
    std::string make_subcommands(const CLI::App* app, CLI::AppFormatMode mode) const override {
        return CLI::detail::find_and_replace(CLI::Formatter::make_subcommands(app, mode), "Subcommands:", "Commands:");
    }
    std::string make_usage(const CLI::App* app, std::string name) const override {
        if (app->get_parent() == nullptr) return "\nUsage: autopmr COMMAND [OPTIONS]\n";
        return "\nUsage: " + name + " [OPTIONS]" + (app->get_name() == "run" ? " [--] PROGRAM [ARGUMENTS...]\n" : app->get_name() == "trace" || app->get_name() == "explain-fault" ? " FILE\n" : "\n");
    }
};

// One line, whatever was typed and is quoted in it.
void print_error(std::string message) {
    std::replace_if(message.begin(), message.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, '?');
    std::fprintf(stderr, "autopmr: %s\n", message.c_str());
}

// CLI11 only says that a command is required: also for one it does not know.
std::string what_is_wrong(const CLI::ParseError& error, const CLI::App& program, const std::string& first_word) {
    const auto used = program.get_subcommands();
    if (!used.empty()) return std::string(error.what()) + "; see 'autopmr " + used.front()->get_name() + " --help'";
    std::string commands;
    for (const CLI::App* one : program.get_subcommands([](const CLI::App*) { return true; }))
        commands += (commands.empty() ? "" : ", ") + one->get_name();
    return (first_word.empty() ? "no command given" : "unknown " + std::string(first_word.front() == '-' ? "option" : "command") + " '" + first_word + "'") +
           ": use one of " + commands + "; see 'autopmr --help'";
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
    const bool               is_run = !words.empty() && words.front() == "run";
    const auto               program_line = is_run ? take_program_line(words) : std::vector<std::string>();
    const std::string        first_word = words.empty() ? std::string() : words.front();
    action                   chosen;
    CLI::App                 program("Chooses the right memory allocator for this machine, and says why.", "autopmr");
    program.formatter(std::make_shared<help_text>());
    program.set_version_flag("--version", "autopmr " AUTOPMR_VERSION, "Print the version and exit");
    program.set_help_flag("-h,--help", "Print this help and exit");
    program.require_subcommand(1);
    add_info(program, chosen);
    add_explain(program, chosen);
    add_check(program, chosen);
    add_run(program, chosen, program_line);
    add_trace(program, chosen);
    add_explain_fault(program, chosen);
    program.footer("'autopmr COMMAND --help' says more: examples and exit statuses. Colours are used on terminals only; NO_COLOR\n"
                   "turns them off.");
    try {
        std::reverse(words.begin(), words.end());
        program.parse(std::move(words));
        return chosen();
    } catch (const CLI::ParseError& stop) {
        if (stop.get_exit_code() == 0) return program.exit(stop);  // --help and --version
        print_error(what_is_wrong(stop, program, first_word));
        return is_run ? status::run_failed : status::usage;
    } catch (const failure& stop) {
        print_error(stop.what());
        return stop.exit_status;
    } catch (const std::exception& stop) {
        print_error(stop.what());
        return is_run ? status::run_failed : status::negative;
    }
}

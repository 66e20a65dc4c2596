/// \file
/// `autopmr run`: starts any program on the chosen allocator, through that allocator's own shared library.
///
/// The program takes this process's place, so signals, the exit status and the process id are its own.

#include "src/cli/allocator_marks.hpp"
#include "src/cli/asking.hpp"
#include "src/cli/command.hpp"
#include "src/cli/guard_preload.hpp"
#include "src/cli/preload.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <list>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

namespace autopmr::cli {

namespace {

struct options {
    std::string backend, goal;
    guard_wish  guard;
    bool        quiet = false;
};

// request::why_not is a plain function: what it needs to know stands here while the choice is made.
const program_file*   starting = nullptr;
const library_search* libraries = nullptr;

std::string_view why_not_preloaded(const backend& what) noexcept {
    static std::list<std::string> kept;
    std::string                   reason = find_preload(what.name, *starting, *libraries).why_not;
    return reason.empty() ? std::string_view() : std::string_view(kept.emplace_back(std::move(reason)));
}

// The facts are those of the program that will run, not of this one: whose malloc it has when nothing is done.
void describe_program(request& asked, const program_file& program, const preloaded_allocator& there) {
    std::string owner = "libc", origin = program.loaded + " and the libraries it needs";
    if (!program.own_allocator.empty()) {
        owner = program.own_allocator;
        origin = "brought by " + program.own_allocator_file;
    }
    if (!there.owner.empty() && !program.in_executable) {
        owner = there.owner;
        origin = there.said_by + " has " + there.file;
    }
    asked.facts.malloc_owner = {fixed_text<32>(owner), true, fixed_text<192>(origin)};
    asked.facts.malloc_replaced = {owner != "libc", true, fixed_text<192>(origin)};
    asked.facts.watching = {owner == "AddressSanitizer"     ? sanitizer::address
                            : owner == "ThreadSanitizer"    ? sanitizer::thread
                            : owner == "MemorySanitizer"    ? sanitizer::memory
                            : owner == "HWAddressSanitizer" ? sanitizer::hardware_address
                            : owner == "LeakSanitizer"      ? sanitizer::leak
                                                            : sanitizer::none,
                            true, fixed_text<192>(origin)};
    asked.facts.valgrind = {false, true, fixed_text<192>("the program is started outside of it")};
    if (program.musl) asked.where.libc = c_library::musl;
    asked.why_not = why_not_preloaded;
    starting = &program;
}

// What stands in the way of preloading `name` although somebody asked for it.
void refuse_what_has_no_effect(std::string_view name, const program_file& program, const preloaded_allocator& there) {
    if (!program.why_no_preload.empty())
        throw failure(status::cannot_start, fmt::format("can't put '{}' on {}: {}; start it without autopmr", program.loaded, name, program.why_no_preload));
    if (program.in_executable)
        throw failure(status::cannot_start, fmt::format("can't put '{}' on {}: the executable brings {}, which comes before anything preloaded; start it without --backend",
                                                        program.loaded, name, program.own_allocator));
    if (is_sanitizer(program.own_allocator))
        throw failure(status::cannot_start, fmt::format("can't put '{}' on {}: {} must see every block; start it without --backend", program.loaded, name,
                                                        program.own_allocator));
    if (!there.owner.empty() && there.owner != name)
        throw failure(status::run_failed, fmt::format("{} already brings {} ({}), which would win over {}: take it out, or ask for {}", there.said_by,
                                                      there.owner, there.file, name, there.owner));
}

[[noreturn]] void execute(const program_file& program, const std::vector<std::string>& program_line) {
    std::vector<char*> arguments;
    for (const std::string& word : program_line) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::execv(program.path.c_str(), arguments.data());
    if (errno == ENOEXEC && program.loaded == program.path)
        throw failure(status::cannot_start, fmt::format("can't start '{}': this machine runs no {} programs", program.path, to_string(program.kind)));
    if (errno == ENOEXEC) {  // a script without a first line: the shell's, as execvp does it
        std::vector<char*> by_shell{const_cast<char*>("sh"), const_cast<char*>(program.path.c_str())};
        by_shell.insert(by_shell.end(), arguments.begin() + 1, arguments.end());
        ::execv("/bin/sh", by_shell.data());
    }
    const bool linker = errno == ENOENT;
    throw failure(status::cannot_start, fmt::format("can't start '{}': {}", program.path,
                                                    linker ? "the interpreter or dynamic linker it names does not exist" : std::strerror(errno)));
}

// Guard pages are an allocator of their own: there is nothing to choose.
int run_guarded(const options& given, const std::vector<std::string>& program_line) {
    if (!given.backend.empty() || !given.goal.empty())
        throw failure(status::run_failed, "run: --guard takes the place of an allocator; leave --backend and --goal out");
    const library_search found;
    const program_file   program = find_program(program_line.front(), found);
    const std::string    done = preload_guard(given.guard, program);
    if (!given.quiet) fmt::print(stderr, "autopmr: {} under guard {}: {}\n", program_line.front(), given.guard.guard, done);
    std::fflush(nullptr);
    execute(program, program_line);
}

int run(const options& given, const std::vector<std::string>& program_line) {
    if (program_line.empty())
        throw failure(status::run_failed, "run: no program given; use 'autopmr run [OPTIONS] -- PROGRAM [ARGUMENTS]'");
    if (!given.guard.guard.empty()) return run_guarded(given, program_line);
    if (!given.guard.exhausted.empty()) throw failure(status::run_failed, "run: --exhausted says what a guard does; give --guard too");
    request asked;
    try {
        asked = ask(given.goal, given.backend);
    } catch (const failure& wrong) {
        throw failure(status::run_failed, wrong.what());
    }
    const library_search      found;
    const program_file        program = find_program(program_line.front(), found);
    const preloaded_allocator there = already_preloaded(program.kind, found);
    libraries = &found;
    describe_program(asked, program, there);
    const decision made = choose(asked);
    if (!made.ok()) throw failure(status::run_failed, std::string(made.error()));

    const preload what = find_preload(made.chosen->name, program, found);
    std::string   done = "nothing preloaded";
    if (!what.library.empty()) {
        refuse_what_has_no_effect(made.chosen->name, program, there);
        const char* const before = std::getenv("LD_PRELOAD");
        if (there.owner == made.chosen->name) {
            done = fmt::format("{} has {} already", there.said_by, there.file);
        } else {
            const std::string all = (before != nullptr && *before != '\0' ? std::string(before) + ":" : std::string()) + what.library;
            ::setenv("LD_PRELOAD", all.c_str(), 1);
            done = "LD_PRELOAD=" + all;
        }
    } else if (!there.owner.empty()) {
        done += fmt::format(", {} keeps {}", there.said_by, there.file);
    }
    if (!given.quiet) fmt::print(stderr, "autopmr: {} on {}: {} ({})\n", program_line.front(), made.chosen->name, done, made.because);
    std::fflush(nullptr);
    execute(program, program_line);
}

}  // namespace

std::vector<std::string> take_program_line(std::vector<std::string>& words) {
    constexpr std::string_view with_value[] = {"--backend", "--goal", "-b", "-g", "--guard", "--rate", "--exhausted"};
    std::size_t                at = 1;
    bool                       marked = false;
    for (; at < words.size() && !marked && words[at].size() > 1 && words[at].front() == '-'; ++at) {
        marked = words[at] == "--";
        if (std::find(std::begin(with_value), std::end(with_value), words[at]) != std::end(with_value)) ++at;
    }
    at = std::min(at, words.size());
    std::vector<std::string> program_line(words.begin() + static_cast<std::ptrdiff_t>(at), words.end());
    words.resize(marked ? at - 1 : at);
    return program_line;
}

void add_run(CLI::App& program, action& chosen, const std::vector<std::string>& program_line) {
    auto* const command = program.add_subcommand("run", "Start any program on the chosen allocator");
    const auto  given = std::make_shared<options>();
    command->add_option("-b,--backend", given->backend, "Use this one: " + preloadable_backends())->type_name("NAME")->check(not_empty);
    command->add_option("-g,--goal", given->goal, "What matters most: " + goal_names())->type_name("GOAL")->check(not_empty);
    command->add_option("--guard", given->guard.guard, "Guard every block (pages) or one in --rate (sampled)")->type_name("GUARD")->check(CLI::IsMember({"pages", "sampled"}));
    command->add_option("--rate", given->guard.rate, "Of sampled: allocations to one that is guarded (5000)")->type_name("N")->check(CLI::Range(1ul, 100000000ul));
    command->add_option("--exhausted", given->guard.exhausted, "Where no guarded block can be had: refuse, recycle (freed ones early; then refuse), pass (unguarded)")
        ->type_name("WHAT")->check(CLI::IsMember({"refuse", "recycle", "pass"}));
    command->add_flag("-q,--quiet", given->quiet, "Say nothing about what was done");
    command->footer(
        "The allocator's own shared library is added to the end of LD_PRELOAD, and the program takes this process's\n"
        "place: its signals, its exit status and its process id are its own. Without --backend the choice is made as\n"
        "for a program that uses the library, from what can be preloaded; a program that brings an allocator keeps it.\n"
        "One line on standard error says what was done.\n\n"
        "Examples:\n"
        "  autopmr run -- ./server --port 8080\n"
        "  autopmr run --backend jemalloc -- python3 job.py\n"
        "  autopmr run --guard pages -- ./parser untrusted.bin\n"
        "  AUTOPMR_GOAL=hardened autopmr run --quiet -- ./parser untrusted.bin\n\n"
        "Exit status:\n"
        "  125  autopmr could not do it: a wrong option, an allocator that is not installed or can't be preloaded\n"
        "  126  the program is there, but can't be started so: not executable, set-uid, statically linked, ...\n"
        "  127  there is no such program\n"
        "  any other is the program's own");
    command->callback([&chosen, given, &program_line] { chosen = [given, &program_line] { return run(*given, program_line); }; });
}

}  // namespace autopmr::cli

#include "src/cli/code_names.hpp"

#include "src/cli/elf.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace autopmr::cli {
namespace {

/// Its standard output; false where it could not be run or did not end well. No shell sees the arguments.
bool output_of(std::vector<std::string> words, std::string& out) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t      child = -1;
    const bool started = ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ) == 0;
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    char piece[4096];
    for (ssize_t got; started && (got = ::read(ends[0], piece, sizeof piece)) > 0;) out.append(piece, static_cast<std::size_t>(got));
    ::close(ends[0]);
    int status = 0;
    return started && ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// "0xADDRESS" begins what is said of one address; then function and place in turn, once for each inlined one.
std::vector<std::vector<std::string>> parsed(std::string_view text, std::size_t count) {
    std::vector<std::vector<std::string>> all;
    std::string                           function;
    bool                                  has_function = false;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size() - 1);
        const std::string line(text.substr(0, end + (text[end] == '\n' ? 0 : 1)));
        text.remove_prefix(end + 1);
        if (!has_function && line.starts_with("0x")) {
            all.emplace_back();
        } else if (!has_function) {
            function = line;
            has_function = true;
        } else {
            has_function = false;
            const std::string place = line.substr(0, line.find(" (discriminator"));
            if (all.empty() || function == "??") continue;
            all.back().push_back(place.starts_with("??:") ? function : fmt::format("{} ({})", function, place));
        }
    }
    all.resize(count);
    return all;
}

}  // namespace

std::vector<std::vector<std::string>> code_names(const std::string& file, const std::vector<std::uint64_t>& offsets, std::string& why_not) {
    std::vector<std::vector<std::string>> none(offsets.size());
    // Whatever name stands in a report, only what is an object file is given to a program to read.
    const elf_file object(file);
    if (!object.ok()) {
        why_not = object.error();
        return none;
    }
    for (const char* tool : {"addr2line", "eu-addr2line", "llvm-addr2line"}) {
        std::vector<std::string> words{tool, "-a", "-C", "-f", "-i", "-e", file};
        for (const std::uint64_t offset : offsets) words.push_back(fmt::format("{:#x}", object.address_of(offset)));
        std::string out;
        if (output_of(std::move(words), out)) return parsed(out, offsets.size());
    }
    why_not = "addr2line is not installed (Debian: binutils), or can't read it";
    return none;
}

}  // namespace autopmr::cli

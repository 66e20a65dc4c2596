#include "src/cli/program_file.hpp"

#include "src/cli/allocator_marks.hpp"
#include "src/cli/failure.hpp"
#include "src/cli/process_memory.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace autopmr::cli {

namespace {

constexpr int         most_interpreters = 5;    // as the kernel
constexpr std::size_t first_line = 256;         // what the kernel reads of a script
constexpr std::size_t most_libraries = 4096;

[[noreturn]] void cannot_start(const std::string& path, const std::string& why) {
    throw failure(status::cannot_start, "can't start '" + path + "': " + why);
}

// As execvp: a name with a slash is a path, any other is looked for along PATH.
std::string look_up(const std::string& name) {
    const auto is_program = [](const std::string& path) {
        struct stat about = {};
        return ::stat(path.c_str(), &about) == 0 && S_ISREG(about.st_mode) && ::access(path.c_str(), X_OK) == 0;
    };
    std::string not_executable;
    if (name.find('/') != name.npos || name.empty()) {
        struct stat about = {};
        if (name.empty() || ::stat(name.c_str(), &about) != 0) {
            const int error = name.empty() ? ENOENT : errno;
            throw failure(error == ENOENT || error == ENOTDIR ? status::not_found : status::cannot_start,
                          "can't start '" + name + "': " + std::strerror(error) + "; check the path");
        }
        if (S_ISDIR(about.st_mode)) cannot_start(name, "it is a directory");
        if (!is_program(name)) cannot_start(name, "it is not executable; 'chmod +x' makes it so");
        return name;
    }
    const char* path = std::getenv("PATH");
    for (const std::string& folder : split(path ? path : "/usr/local/bin:/usr/bin:/bin", ":")) {
        const std::string file = folder + "/" + name;
        if (is_program(file)) return file;
        std::error_code ignored;
        if (not_executable.empty() && std::filesystem::is_regular_file(file, ignored)) not_executable = file;
    }
    if (!not_executable.empty()) cannot_start(not_executable, "it is not executable; 'chmod +x' makes it so");
    throw failure(status::not_found, "can't find '" + name + "' along PATH; check the name, or give its path");
}

// The program that a script's first line names; "/bin/sh" where there is no such line, as shells and env(1) do.
std::string interpreter_of(const std::string& path, const std::string& start) {
    if (!start.starts_with("#!")) {
        if (start.substr(0, first_line).find('\0') != start.npos || start.empty())
            cannot_start(path, start.empty() ? "it is empty" : "it is neither an ELF program nor a script");
        return "/bin/sh";
    }
    const std::string              line = start.substr(2, start.find('\n') == start.npos ? start.npos : start.find('\n') - 2);
    const std::vector<std::string> words = split(line, " \t\r");
    if (words.empty()) cannot_start(path, "its first line '#!' names no interpreter");
    if (words.size() > 1 && std::filesystem::path(words[0]).filename() == "env" && words[1].find_first_of("-=") == words[1].npos)
        return look_up(words[1]);
    return words[0];
}

std::string why_no_preload(const std::string& path, const elf_file& file) {
    struct stat about = {};
    if (::stat(path.c_str(), &about) == 0) {
        if ((about.st_mode & S_ISUID) != 0) return "it is set-uid, where the dynamic linker ignores LD_PRELOAD";
        if ((about.st_mode & S_ISGID) != 0 && (about.st_mode & S_IXGRP) != 0)
            return "it is set-gid, where the dynamic linker ignores LD_PRELOAD";
    }
    if (::getxattr(path.c_str(), "security.capability", nullptr, 0) > 0)
        return "it has file capabilities, with which the dynamic linker ignores LD_PRELOAD";
    if (file.interpreter().empty() && file.exported("_r_debug") == 0)
        return "it is statically linked, and nothing can be preloaded into it";
    return {};
}

// The first of the program and the libraries it needs, breadth first, that brings a malloc other than the C library's.
void look_for_own_allocator(program_file& program, const library_search& libraries) {
    std::vector<std::string> files{program.loaded};
    for (std::size_t next = 0; next != files.size() && files.size() < most_libraries; ++next) {
        const elf_file file(files[next]);
        if (!file.ok()) continue;
        if (file.exported("malloc") != 0) {
            const std::string owner = next == 0 ? owner_linked_in(file) : owner_of_exports(file, files[next]);
            if (!owner.starts_with("libc") || next == 0) {
                program.own_allocator = owner.empty() || owner.starts_with("libc") ? "a malloc of its own" : owner;
                program.own_allocator_file = files[next];
                program.in_executable = next == 0;
                return;
            }
        }
        const std::string origin = std::filesystem::path(files[next]).parent_path();
        for (const std::string& name : file.needed()) {
            const std::string path = libraries.find(name, program.kind, file.run_path(), origin);
            if (!path.empty() && std::find(files.begin(), files.end(), path) == files.end()) files.push_back(path);
        }
    }
}

}  // namespace

program_file find_program(const std::string& name, const library_search& libraries) {
    program_file program;
    program.path = look_up(name);
    program.loaded = program.path;
    for (int depth = 0;; ++depth) {
        if (depth == most_interpreters) cannot_start(program.path, "its interpreters lead to one another without an end");
        elf_file file(program.loaded);
        if (file.ok()) {
            program.kind = file.kind();
            program.musl = std::filesystem::path(file.interpreter()).filename().string().starts_with("ld-musl");
            program.why_no_preload = why_no_preload(program.loaded, file);
            look_for_own_allocator(program, libraries);
            return program;
        }
        if (file.is_elf()) cannot_start(program.loaded, "it is " + file.error());
        std::string start;
        if (!read_text(program.loaded, start, first_line)) cannot_start(program.loaded, std::strerror(errno));
        const std::string interpreter = interpreter_of(program.loaded, start);
        std::error_code   ignored;
        if (!std::filesystem::exists(interpreter, ignored))
            cannot_start(program.loaded, "its interpreter '" + interpreter + "' does not exist");
        program.loaded = interpreter;
    }
}

preloaded_allocator already_preloaded(const elf_kind& kind, const library_search& libraries) {
    std::string       from_file;
    const char* const variable = std::getenv("LD_PRELOAD");
    read_text("/etc/ld.so.preload", from_file, 4096);
    const std::pair<std::string, const char*> sources[] = {{variable ? variable : "", "LD_PRELOAD"}, {from_file, "/etc/ld.so.preload"}};
    for (const auto& [names, said_by] : sources)
        for (const std::string& name : split(names, " :\t\n")) {
            const std::string path = libraries.find(name, kind);
            const elf_file    file(path);
            if (file.ok() && file.exported("malloc") != 0) return {owner_of_exports(file, path), path, said_by};
        }
    return {};
}

}  // namespace autopmr::cli

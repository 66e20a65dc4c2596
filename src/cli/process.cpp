#include "src/cli/process.hpp"

#include "src/cli/library_search.hpp"
#include "src/cli/process_memory.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstring>
#include <filesystem>

#include <unistd.h>

namespace autopmr::cli {

namespace {

[[noreturn]] void refuse(long pid, const std::string& what) { throw no_report("process " + std::to_string(pid) + " " + what); }

[[noreturn]] void not_allowed(long pid) {
    refuse(pid, "may not be looked at (" + std::string(std::strerror(errno)) + "): ask as its owner or as root");
}

std::vector<std::string> zero_ended(const std::string& texts) {
    std::vector<std::string> parts;
    for (std::size_t at = 0; at < texts.size(); at += parts.back().size() + 1) parts.emplace_back(texts.c_str() + at);
    return parts;
}

// R, S, Z, ...: the first letter after the command's name, which may itself hold anything but ends in the last ")".
char state_of(const std::string& folder) {
    std::string text;
    read_text(folder + "/stat", text, 4096);
    const std::size_t end = text.rfind(')');
    return end != text.npos && end + 2 < text.size() ? text[end + 2] : '?';
}

std::string executable_of(const std::string& folder, long pid) {
    char          path[PATH_MAX];
    const ssize_t size = ::readlink((folder + "/exe").c_str(), path, sizeof path);
    if (size > 0) return {path, static_cast<std::size_t>(size)};
    if (errno == EACCES || errno == EPERM) not_allowed(pid);
    if (state_of(folder) == 'Z') refuse(pid, "has ended and waits for its parent: it has no memory any more");
    refuse(pid, "is a thread of the kernel: it has no malloc");
}

void look_up_executable(const std::string& folder, const std::string& link, memory_map& memory, std::size_t& executable) {
    constexpr std::string_view gone = " (deleted)";
    const bool                 deleted = link.ends_with(gone);
    const std::string          path = deleted ? link.substr(0, link.size() - gone.size()) : link;
    executable = memory.objects.size();
    for (std::size_t i = memory.objects.size(); i-- != 0;)
        if (memory.objects[i].path == path && memory.objects[i].deleted == deleted) executable = i;
    if (executable == memory.objects.size()) memory.objects.push_back({path, deleted, 0, {}});
    // The kernel's link opens the very file, also when it was deleted or lies outside the process's root.
    mapped_object& object = memory.objects[executable];
    object.file.reset();
    object.file.emplace(folder + "/exe");
}

}  // namespace

long parse_pid(const std::string& text) {
    long       pid = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), pid);
    if (end.ec != std::errc() || end.ptr != text.data() + text.size() || pid <= 0)
        throw failure(status::usage, "'" + text + "' is no process id: give a whole number above 0");
    return pid;
}

malloc_report inspect_process(long pid, const std::string& proc) {
    const std::string folder = proc + "/" + std::to_string(pid);
    std::error_code   error;
    if (pid <= 0 || !std::filesystem::is_directory(folder, error))
        refuse(pid, "does not exist here (or /proc hides it): see 'ps -e' for those that do");

    malloc_report report;
    report.pid = pid;
    read_text(folder + "/comm", report.command, 4096);
    if (!report.command.empty() && report.command.back() == '\n') report.command.pop_back();
    report.program = executable_of(folder, pid);
    std::string maps, environment, preload_file;
    if (!read_text(folder + "/maps", maps)) {
        if (errno == ESRCH || errno == ENOENT) refuse(pid, "has just ended");
        not_allowed(pid);
    }
    if (maps.empty() && state_of(folder) == 'Z') refuse(pid, "has ended and waits for its parent: it has no memory any more");
    memory_map  memory = read_memory_map(folder, maps);
    std::size_t executable = 0;
    look_up_executable(folder, report.program, memory, executable);
    read_text(folder + "/environ", environment);
    report.settings = allocator_settings(zero_ended(environment));
    read_text(folder + "/" + process_root + "/etc/ld.so.preload", preload_file, 4096);

    const auto& program = memory.objects[executable].file;
    if (!program->ok()) {
        report.because = "the executable can't be read (" + program->error() + ")";
        return report;
    }
    for (const mapped_object& object : memory.objects)
        if (object.path.find("/vgpreload_") != object.path.npos) {
            report.owner = "Valgrind";
            report.file = object.path;
            report.because = "Valgrind runs the program and serves every malloc itself";
            return report;
        }

    if (program->needed().empty() && program->interpreter().empty() && program->exported("_r_debug") == 0) {
        report.owner = owner_linked_in(*program);
        report.file = report.program;
        report.because = report.owner.empty()
                             ? "statically linked and stripped of what would tell whose malloc it carries"
                             : "statically linked: told by a symbol or a message of that allocator in the executable";
        return report;
    }

    std::vector<std::size_t> order = link_order(folder, memory, executable);
    const bool               exact = !order.empty();
    if (!exact) {
        std::vector<std::string> preloads;
        for (const setting& one : report.settings)
            if (one.name == "LD_PRELOAD") preloads = split(one.value, " :");
        for (std::string& name : split(preload_file, " :\t\n")) preloads.push_back(std::move(name));
        order = needed_order(memory, executable, preloads);
    }
    std::vector<std::size_t> all = order;
    for (std::size_t i = 0; i != memory.objects.size(); ++i)
        if (std::find(order.begin(), order.end(), i) == order.end()) all.push_back(i);

    for (std::size_t position = 0; position != all.size(); ++position) {
        const mapped_object& object = memory.objects[all[position]];
        if (!object.file || !object.file->ok()) {
            if (object.file && !object.file->is_elf() && object.file->error() == "not an ELF file") continue;
            if (position < order.size())
                report.notes.push_back(object.path + (object.deleted ? " (deleted)" : "") + " can't be read (" +
                                       (object.file ? object.file->error() : "gone") + "): if it exports malloc, that one serves");
            continue;
        }
        if (object.file->exported("malloc") == 0) continue;
        const bool        is_program = all[position] == executable;
        const std::string owner = is_program ? owner_linked_in(*object.file) : owner_of_exports(*object.file, object.path);
        if (report.file.empty() && position < order.size()) {
            report.file = object.path;
            report.owner = owner.empty() ? "its own" : owner;
            report.because = (is_program ? "the executable itself exports malloc, and it is searched first"
                                         : "the first of " + std::to_string(order.size()) + " loaded files that exports malloc") +
                             std::string(exact ? ", in the dynamic linker's own order"
                                               : ", in the order worked out from the files (its memory may not be read)");
            if (object.deleted) report.notes.push_back(object.path + " was deleted or replaced since the process started");
        } else {
            report.also_loaded.push_back({owner, object.path});
        }
    }
    if (report.file.empty()) report.because = "no loaded file exports malloc: the process is starting, or its files are gone";
    return report;
}

}  // namespace autopmr::cli

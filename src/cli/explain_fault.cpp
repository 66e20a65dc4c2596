/// \file
/// `autopmr explain-fault`: a saved fault report in words, with function, file and line where the object files tell them.

#include "src/cli/code_names.hpp"
#include "src/cli/command.hpp"
#include "src/cli/console.hpp"
#include "src/formats/fault_file.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

namespace autopmr::cli {

namespace {

// Control characters of a name could do anything to a terminal.
std::string plain(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, '?');
    return text;
}

std::string bytes(std::uint64_t count) { return fmt::format("{} byte{}", count, count == 1 ? "" : "s"); }

std::string shape(std::uint64_t size, std::uint64_t alignment) {
    return alignment == 0 ? bytes(size) : fmt::format("{} aligned to {}", bytes(size), alignment);
}

/// Frames of a report with their names, asked for once for each object file.
class frame_names {
public:
    frame_names(const saved_fault& fault, bool raw) : fault_(fault) {
        std::map<std::string, std::set<std::uint64_t>> offsets;
        for (const saved_moment* moment : {&fault.found, &fault.allocated, &fault.deallocated})
            for (const std::uint64_t frame : moment->frames)
                if (const saved_mapping* const at = fault.mapping_of(frame); at != nullptr && !at->file.empty())
                    offsets[at->file].insert(call_in(*at, frame));
        if (raw) return;
        for (const auto& [file, wanted] : offsets) {
            const std::vector<std::uint64_t> all(wanted.begin(), wanted.end());
            std::string                      why_not;
            const auto                       names = code_names(file, all, why_not);
            for (std::size_t i = 0; i != all.size(); ++i) names_[file][all[i]] = names[i];
            if (!why_not.empty()) notes_.push_back(fmt::format("no names from {}: {}", plain(file), plain(why_not)));
        }
    }

    [[nodiscard]] std::string text(const saved_moment& moment) const {
        std::string out;
        for (const std::uint64_t frame : moment.frames) {
            const saved_mapping* const at = fault_.mapping_of(frame);
            if (at == nullptr || at->file.empty()) {
                out += fmt::format("  {:#x}\n", frame);
                continue;
            }
            const std::string place = fmt::format("{:#x} in {}", frame - at->begin + at->offset, plain(at->file));
            const auto        file = names_.find(at->file);
            const auto        known = file == names_.end() ? decltype(file->second.end()){} : file->second.find(call_in(*at, frame));
            if (file == names_.end() || known->second.empty()) out += fmt::format("  {}\n", place);
            else
                for (const std::string& name : known->second) out += fmt::format("  {}\n", plain(name));
        }
        return out;
    }
    [[nodiscard]] const std::vector<std::string>& notes() const noexcept { return notes_; }

private:
    // A return address belongs to the call before it.
    static std::uint64_t call_in(const saved_mapping& at, std::uint64_t frame) noexcept { return frame - 1 - at.begin + at.offset; }

    const saved_fault&                                                        fault_;
    std::map<std::string, std::map<std::uint64_t, std::vector<std::string>>> names_;
    std::vector<std::string>                                                  notes_;
};

std::string where(const saved_fault& fault) {
    if (fault.past_end == 1) return "the first byte past the end of the block";
    if (fault.past_end != 0) return fmt::format("byte {} past the end of the block", fault.past_end);
    if (fault.before_start != 0) return fmt::format("byte {} before the start of the block", fault.before_start);
    return fmt::format("byte {} (from 0) of the block", fault.address - fault.block);
}

std::string state(const saved_fault& fault) {
    if (fault.state != block_state::freed || fault.frees_ago == 0) return to_string(fault.state);
    return fault.frees_ago == 1 ? "freed last of all" : fmt::format("freed {} frees ago", fault.frees_ago);
}

std::string moment_line(const saved_moment& moment) {
    std::string out;
    if (moment.thread != 0) out += fmt::format(" by thread {}", moment.thread);
    if (moment.sequence != 0) out += fmt::format("{} number {}", out.empty() ? "" : ",", moment.sequence);
    return out;
}

int show(const std::string& path, bool raw) {
    const saved_fault fault = read_fault_file(path.c_str());
    if (!fault.ok()) throw failure(status::negative, plain(fault.error));
    table head;
    const auto known = [&head](const char* what, const std::string& value, bool is) {
        if (is) head.add({what, value});
    };
    const bool threads = fault.kind == fault_kind::wrong_thread;
    known("address", fmt::format("{:#x}", fault.address), true);
    known("access", to_string(fault.access), fault.access != fault_access::unknown);
    known("at", where(fault), fault.block != 0);
    known("block", fmt::format("{:#x}, {}", fault.block, shape(fault.expected_bytes, fault.expected_alignment)), fault.block != 0);
    known("state", state(fault), fault.state != block_state::unknown);
    known("belongs to thread", fmt::format("{}", fault.expected_bytes), threads);
    known("used by thread", fmt::format("{}", fault.given_bytes), threads);
    known("allocated with", shape(fault.expected_bytes, fault.expected_alignment),
        !threads && fault.block == 0 && (fault.expected_bytes | fault.expected_alignment) != 0);
    known("deallocated with", shape(fault.given_bytes, fault.given_alignment), !threads && (fault.given_bytes | fault.given_alignment) != 0);
    known("found by", plain(fault.resource), !fault.resource.empty());
    known("subsystem", plain(fault.subsystem), !fault.subsystem.empty());
    known("process", fmt::format("{}", fault.process), fault.process != 0);
    std::string       out = heading(std::string("Fault: ") + to_string(fault.kind)) + head.text();
    const frame_names names(fault, raw);
    const auto        moment = [&](const char* what, const saved_moment& one) {
        if (one.thread == 0 && one.sequence == 0 && one.frames.empty()) return;
        out += "\n" + heading(what + moment_line(one)) + names.text(one);
    };
    moment("Found", fault.found);
    moment("Allocated", fault.allocated);
    moment("Deallocated", fault.deallocated);
    for (const std::string& note : names.notes()) out += "\n" + note + "\n";
    print(out);
    if (!fault.damage.empty()) throw failure(status::negative, plain(path) + ": read in part: " + fault.damage);
    return status::good;
}

}  // namespace

void add_explain_fault(CLI::App& program, action& chosen) {
    auto* const command = program.add_subcommand("explain-fault", "Show what a saved fault report says, with function, file and line");
    const auto  file = std::make_shared<std::string>();
    const auto  raw = std::make_shared<bool>(false);
    command->add_option("FILE", *file, "What a program's fault handler saved")->required()->type_name("");
    command->add_flag("--raw", *raw, "Name no functions: offsets and object files only");
    command->footer(
        "Names come from the object files that the program had loaded, by addr2line: on another machine, or after they\n"
        "were built anew, they are missing or wrong. Where a file has no names, the offset in it is shown.\n\n"
        "Examples:\n"
        "  autopmr explain-fault parser.4711.fault\n"
        "  autopmr explain-fault --raw parser.4711.fault\n\n"
        "Exit status:\n"
        "  0  the answer was printed\n"
        "  1  the file can't be read, or only in part: standard error says why and where\n"
        "  2  the command line is wrong");
    command->callback([&chosen, file, raw] { chosen = [file, raw] { return show(*file, *raw); }; });
}

}  // namespace autopmr::cli

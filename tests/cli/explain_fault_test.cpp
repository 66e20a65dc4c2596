// `autopmr explain-fault`: what a real program's fault handler saved, in words; and files that are none.

#include "cli/run_program.hpp"
#include "support/catch.hpp"

#include <autopmr/fault_handler.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

using namespace autopmr;
using namespace autopmr_test;

namespace {

std::string contents_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// "FILE:LINE", of the one line of the child's source that has these words at its end.
std::string place_of(const std::string& words) {
    std::ifstream source(AUTOPMR_SOURCE_DIR "/tests/cli/overrunning_child.cpp");
    std::string   line;
    for (int number = 1; std::getline(source, line); ++number)
        if (line.size() >= words.size() && line.substr(line.size() - words.size()) == words)
            return "overrunning_child.cpp:" + std::to_string(number) + ")";
    return "no such line";
}

std::string line_with(const std::string& text, const std::string& part) {
    const std::size_t at = text.find(part), begin = text.rfind('\n', at) + 1;
    return at == text.npos ? "" : text.substr(begin, text.find('\n', at) - begin);
}

/// Saved by a program that overran a block, in a folder that goes with it.
struct overrun {
    scratch_folder folder;
    std::string    path = folder.path() + "/saved";
    outcome        end = run_program({CLI_OVERRUNNING_CHILD, path});
};

/// Of any make, in a file of its own.
std::string saved(const scratch_folder& folder, const fault_report& report) {
    const std::string path = folder.path() + "/made";
    REQUIRE(save_fault(report, path.c_str()));
    return path;
}

}  // namespace

TEST_CASE("explain-fault names function and line of what a program did") {
    const overrun child;
    CHECK(child.end.signal == SIGABRT);
    const outcome text = autopmr_with({"explain-fault", child.path});
    CAPTURE(text.out, text.err);
    CHECK(text.status == 0);
    CHECK(text.err.empty());
    CHECK(contains(text.out, "Fault: overrun\n"));
    CHECK(contains(line_with(text.out, "  at "), "the first byte past the end of the block"));
    CHECK(contains(line_with(text.out, "  block "), "64 bytes aligned to 16"));
    CHECK(contains(line_with(text.out, "  state "), "live"));
    CHECK(contains(line_with(text.out, "  found by "), "guarded?[31m"));  // nothing of a report gets at a terminal
    CHECK(contains(line_with(text.out, "  subsystem "), "parser"));
    CHECK(contains(line_with(text.out, "  process "), std::to_string(child.end.pid)));
    CHECK_FALSE(contains(text.out, "\x1b"));
    CHECK_FALSE(contains(text.out, "Deallocated"));
#if defined(__x86_64__) || defined(__aarch64__)
    CHECK(contains(line_with(text.out, "  access "), "write"));
#endif
    const std::string allocated = text.out.substr(text.out.find("\nAllocated by thread "));
    CHECK(contains(allocated, ", number 1\n"));
    if (contains(text.out, "addr2line is not installed")) {
        WARN("no names here: addr2line is not installed");
        return;
    }
    const std::string own = line_with(text.out, "  fills_too_far(");
    CHECK(contains(own, place_of("// the overrun")));
    CHECK(contains(line_with(allocated, "  makes_a_block("), place_of("// the allocation")));
    CHECK(contains(allocated, "\n  main ("));
}

TEST_CASE("explain-fault names offsets and files where names are not wanted or not to be had") {
    const overrun child;
    const outcome raw = autopmr_with({"explain-fault", "--raw", child.path});
    CHECK(raw.status == 0);
    CHECK(raw.err.empty());
    CHECK_FALSE(contains(raw.out, "fills_too_far"));
    CHECK(contains(raw.out, " in " CLI_OVERRUNNING_CHILD "\n"));
    // No tool to ask: said, with the same offsets.
    const outcome alone = autopmr_with({"explain-fault", child.path}, {"PATH=/no/such/folder"});
    CHECK(alone.status == 0);
    CHECK(contains(alone.out, "no names from " CLI_OVERRUNNING_CHILD ": addr2line is not installed"));
    CHECK(alone.out.find(raw.out) == 0);
    // The program is gone, or is something else by now.
    const scratch_folder folder;
    const std::string    copy = folder.copy(CLI_OVERRUNNING_CHILD, "child", 0755), path = folder.path() + "/saved";
    CHECK(run_program({copy, path}, {"LD_LIBRARY_PATH=" AUTOPMR_BINARY_DIR}).signal == SIGABRT);
    std::filesystem::remove(copy);
    const outcome gone = autopmr_with({"explain-fault", path});
    CHECK(gone.status == 0);
    CHECK(contains(gone.out, " in " + copy + "\n"));
    CHECK(contains(gone.out, "no names from " + copy + ": No such file or directory"));
    static_cast<void>(folder.file("child", "#!/bin/sh\n"));
    CHECK(contains(autopmr_with({"explain-fault", path}).out, "no names from " + copy + ": "));
    std::filesystem::remove(copy);
    CHECK(::mkfifo(copy.c_str(), 0600) == 0);  // would never be read to its end
    CHECK(contains(autopmr_with({"explain-fault", path}).out, "no names from " + copy + ": not a regular file"));
}

TEST_CASE("explain-fault puts every kind of fault in words") {
    const scratch_folder folder;
    fault_report         report;
    report.resource = "tracking";
    report.address = reinterpret_cast<const void*>(0x1000);
    const auto explained = [&] {
        const outcome text = autopmr_with({"explain-fault", "--raw", saved(folder, report)});
        CHECK(text.status == 0);
        CHECK(text.err.empty());
        return text.out;
    };
    report.kind = fault_kind::wrong_size;
    report.access = fault_access::free;
    report.expected_bytes = 1;
    report.expected_alignment = 8;
    report.given_bytes = 64;
    report.given_alignment = 16;
    const std::string wrong_size = explained();
    CHECK(contains(wrong_size, "Fault: wrong size\n"));
    CHECK(contains(line_with(wrong_size, "  access "), "free"));
    CHECK(contains(line_with(wrong_size, "  allocated with "), "1 byte aligned to 8"));
    CHECK(contains(line_with(wrong_size, "  deallocated with "), "64 bytes aligned to 16"));
    for (const char* none : {"Found", "Allocated", "  at ", "  block ", "  state ", "  subsystem "}) CHECK_FALSE(contains(wrong_size, none));

    report.kind = fault_kind::wrong_thread;
    const std::string thread = explained();
    CHECK(contains(line_with(thread, "  belongs to thread "), "1"));
    CHECK(contains(line_with(thread, "  used by thread "), "64"));
    CHECK_FALSE(contains(thread, "aligned"));

    report = {};
    report.kind = fault_kind::use_after_free;
    report.block = report.address = reinterpret_cast<const void*>(0x1000);
    report.state = block_state::freed;
    report.frees_ago = 1;
    report.deallocated = {5, 77, 1, {reinterpret_cast<const void*>(0x10)}};
    const std::string after = explained();
    CHECK(contains(line_with(after, "  at "), "byte 0 (from 0) of the block"));
    CHECK(contains(line_with(after, "  state "), "freed last of all"));
    CHECK(contains(after, "Deallocated by thread 77, number 5\n  0x10\n"));  // in no object file
    report.frees_ago = 1000;
    report.past_end = 17;
    CHECK(contains(line_with(explained(), "  state "), "freed 1000 frees ago"));
    CHECK(contains(line_with(explained(), "  at "), "byte 17 past the end of the block"));
    report.past_end = 0;
    report.before_start = 2;
    CHECK(contains(line_with(explained(), "  at "), "byte 2 before the start of the block"));
}

TEST_CASE("explain-fault says what is wrong with a file") {
    const scratch_folder folder;
    fault_report         report;
    report.resource = "tracking";
    const std::string good = contents_of(saved(folder, report));
    const auto        changed = [&](std::size_t at, char to) {
        std::string other = good;
        other[at] = to;
        return folder.file("changed", other);
    };
    const auto fails = [](const std::string& path, const std::string& words) {
        const outcome end = autopmr_with({"explain-fault", path});
        CAPTURE(path, end.err);
        CHECK(end.status == 1);
        CHECK(end.out.empty());
        CHECK(is_one_line(end.err));
        CHECK(contains(end.err, "autopmr: " + path + ": " + words));
    };
    fails(folder.path() + "/missing", "can't be read: No such file or directory");
    fails(folder.path(), "can't be read: Is a directory");
    fails(folder.file("empty", ""), "no saved fault report: its mark is missing at offset 0");
    fails(folder.file("other", "something else"), "no saved fault report");
    fails(changed(7, 'T'), "no saved fault report");
    fails(changed(8, 9), "version ");
    fails(changed(13, 9), "unknown byte order at offset 12");
    fails(folder.file("cut", good.substr(0, 479)), "the file ends in its header at offset 479");
    // What is whole is shown all the same.
    for (const auto& [path, words] : {std::pair(folder.file("half", good.substr(0, good.size() - 10)), "the file ends "),
             std::pair(changed(35, 0x7f), "a name of "), std::pair(folder.file("bare", good.substr(0, 480)), "the file ends in a name at offset 480")}) {
        const outcome half = autopmr_with({"explain-fault", path});
        CAPTURE(half.err);
        CHECK(half.status == 1);
        CHECK(contains(half.out, "Fault: memory fault\n"));
        CHECK(is_one_line(half.err));
        CHECK(contains(half.err, "autopmr: " + path + ": read in part: " + words));
    }
    CHECK(autopmr_with({"explain-fault"}).status == 2);
    CHECK(autopmr_with({"explain-fault", "a", "b"}).status == 2);
}

TEST_CASE("explain-fault ends well whatever stands in a report") {
    const overrun     child;
    const std::string good = contents_of(child.path);
    std::uint32_t     seed = 3;
    const auto        next = [&seed] { return seed = seed * 1664525u + 1013904223u, seed >> 8; };
    for (int round = 0; round != 60; ++round) {
        std::string file = good;
        for (int i = 0; i != 12; ++i) file[16 + next() % (file.size() - 16)] = static_cast<char>(next());
        const outcome end = autopmr_with({"explain-fault", child.folder.file("changed", file)});
        CAPTURE(round, end.err);
        CHECK((end.status == 0 || end.status == 1));
        CHECK((end.status == 0) == end.err.empty());
        for (const char c : end.out) REQUIRE((static_cast<unsigned char>(c) >= ' ' || c == '\n'));
    }
}

// What a report says, and what happens to blocks that live longer than their resource. Compiled with debug information.
#include <autopmr/decorators/statistics.hpp>
#include <autopmr/decorators/tracking_resource.hpp>

#include <autopmr/fault_report.hpp>

#include "src/support/call_stack.hpp"
#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/strict_upstream.hpp"

#include <csignal>
#include <memory_resource>
#include <regex>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

using namespace autopmr;
using autopmr_test::child_end;
using autopmr_test::in_child;
using autopmr_test::strict_upstream;

namespace tracked {

// Each a site of its own: no call at the end, which would leave no frame behind.
[[gnu::noinline]] void* medium(std::pmr::memory_resource& from) {
    void* const block = from.allocate(100, 4);
    asm volatile("" : : "g"(block) : "memory");
    return block;
}

}  // namespace tracked

extern "C" {
[[gnu::noinline]] void* tracked_large(std::pmr::memory_resource& from) {
    void* const block = from.allocate(1000, 8);
    asm volatile("" : : "g"(block) : "memory");
    return block;
}
[[gnu::noinline]] void* tracked_small(std::pmr::memory_resource& from) {
    void* const block = from.allocate(1, 1);
    asm volatile("" : : "g"(block) : "memory");
    return block;
}
[[gnu::noinline]] void* tracked_caller(std::pmr::memory_resource& from) {
    void* const block = tracked_large(from);
    asm volatile("" : : "g"(block) : "memory");
    return block;
}
}

namespace {

/// Addresses, threads and this machine's paths made equal; of the frames only those of the functions above.
std::string normal(const std::string& report) {
    std::istringstream lines(report);
    std::string        all, line;
    while (std::getline(lines, line)) {
        if (line.rfind("      ", 0) == 0 && line.rfind("      tracked", 0) != 0) continue;
        if (line.rfind("  names are", 0) == 0) continue;
        line = std::regex_replace(line, std::regex("0x[0-9a-f]+"), "ADDRESS");
        line = std::regex_replace(line, std::regex("thread [0-9]+"), "thread N");
        line = std::regex_replace(line, std::regex(R"(\([^()]*tests/decorators/)"), "(tests/decorators/");
        all += line + "\n";
    }
    return all;
}

void collect(void* to, std::string_view line) noexcept { static_cast<std::string*>(to)->append(line).append("\n"); }

constexpr const char* sites_of_seven =
    "  2000 bytes in 2 blocks; the oldest: allocation 2 by thread N, 1000 bytes aligned to 8 at ADDRESS\n"
    "      tracked_large (tests/decorators/tracking_resource_report_test.cpp:38)\n"
    "      tracked_caller (tests/decorators/tracking_resource_report_test.cpp:48)\n"
    "  400 bytes in 4 blocks; the oldest: allocation 1 by thread N, 100 bytes aligned to 4 at ADDRESS\n"
    "      tracked::medium(std::pmr::memory_resource&) (tests/decorators/tracking_resource_report_test.cpp:29)\n"
    "  1 byte in 1 block: allocation 4 by thread N, aligned to 1 at ADDRESS\n"
    "      tracked_small (tests/decorators/tracking_resource_report_test.cpp:43)\n";

/// A block from a site for each letter; one call each, so that the compiler makes no further sites.
void* allocate_from_sites(tracking_resource& from, const char* plan) {
    void* last = nullptr;
    asm volatile("" : "+r"(plan));  // not to be unrolled
    for (; *plan != 0; ++plan) {
        switch (*plan) {
            case 'm': last = tracked::medium(from); break;
            case 'L': last = tracked_caller(from); break;
            default: last = tracked_small(from); break;
        }
    }
    return last;
}

/// Seven blocks from three sites; one more is gone again.
void allocate_seven(tracking_resource& from) { from.deallocate(allocate_from_sites(from, "mLmsLmmm"), 100, 4); }

tracking_options into(std::string& text, leak_answer at_end) {
    tracking_options options;
    options.at_end = at_end;
    options.sink = collect;
    options.context = &text;
    return options;
}

}  // namespace

TEST_CASE("a report groups by call site, most bytes first, with functions and lines") {
    strict_upstream upstream;
    std::string     sunk, at_end;
    {
        tracking_resource tracking(into(sunk, leak_answer::ignore), &upstream);
        allocate_seven(tracking);
        const std::string report = tracking.report();
        INFO(report);
        if (!why_no_lines().empty()) {
            WARN("functions and lines are not tested: " << why_no_lines());
            CHECK(report.find("tracking: 2401 bytes live in 7 blocks from 3 call sites\n  2000 bytes in 2 blocks") == 0);
            return;
        }
        CHECK(normal(report) == std::string("tracking: 2401 bytes live in 7 blocks from 3 call sites\n") + sites_of_seven);
        CHECK(report.find(")\n  1 byte in 1 block") != std::string::npos);
        tracking.write_report();
        CHECK(sunk == report);
    }
    CHECK(sunk.find("leaked") == std::string::npos);  // told to ignore it
    {
        tracking_resource tracking(into(at_end, leak_answer::report), &upstream);
        allocate_seven(tracking);
    }
    CHECK(normal(at_end) == std::string("tracking: 2401 bytes leaked in 7 blocks from 3 call sites\n") + sites_of_seven);
    CHECK(upstream.live() == 14);  // what leaked is still there
    CHECK_FALSE(upstream.wrong);
}

TEST_CASE("the first frame is that of who called, above decorators too") {
    strict_upstream     upstream;
    tracking_resource   tracking({}, &upstream);
    statistics_resource above(&tracking);
    void* const         block = tracked_large(above);
    const std::string   report = tracking.report();
    INFO(report);
    if (why_no_lines().empty()) CHECK(report.find("\n      tracked_large (", 0) == report.find("\n      "));
    above.deallocate(block, 1000, 8);
}

TEST_CASE("a long report is cut, and the rest summed up") {
    strict_upstream  upstream;
    std::string      sunk;
    tracking_options options = into(sunk, leak_answer::ignore);
    for (const auto& [most, end] :
        {std::pair(2, "  and 1 more site: 1 byte in 1 block\n"), std::pair(1, "  and 2 more sites: 401 bytes in 5 blocks\n"),
            std::pair(0, "  and 3 more sites: 2401 bytes in 7 blocks\n")}) {
        options.most_sites = static_cast<std::size_t>(most);
        tracking_resource tracking(options, &upstream);
        allocate_seven(tracking);
        const std::string text = normal(tracking.report());
        INFO(text);
        CHECK(text.find("tracking: 2401 bytes live in 7 blocks from 3 call sites\n") == 0);
        CHECK(text.find(end) == text.size() - std::string(end).size());
    }
}

TEST_CASE("at its end a resource without leaks says nothing, and one with leaks writes to standard error") {
    const auto ends = [](leak_answer at_end, bool leak) {
        return in_child([=] {
            tracking_options options;
            options.at_end = at_end;
            {
                tracking_resource tracking(options, std::pmr::new_delete_resource());
                void* const       block = tracked_large(tracking);
                if (!leak) tracking.deallocate(block, 1000, 8);
            }
            return 7;
        });
    };
    for (const leak_answer at_end : {leak_answer::ignore, leak_answer::report, leak_answer::fault}) {
        const child_end end = ends(at_end, false);
        CHECK(end.exit_status == 7);
        CHECK(end.error.empty());
    }
    const child_end ignored = ends(leak_answer::ignore, true), reported = ends(leak_answer::report, true),
                    fault = ends(leak_answer::fault, true);
    CHECK(ignored.exit_status == 7);
    CHECK(ignored.error.empty());
    CHECK(reported.exit_status == 7);
    CHECK(reported.error.find(
              "tracking: 1000 bytes leaked in 1 block from 1 call site\n  1000 bytes in 1 block: allocation 1 by thread ") ==
          0);
    INFO(fault.error);
    CHECK(fault.signal == SIGABRT);
    CHECK(fault.error.find("tracking: 1000 bytes leaked in 1 block") == 0);
    CHECK(fault.error.find("\nautopmr: leak at 0x") != std::string::npos);
    CHECK(fault.error.find("found by tracking; allocated with 1000 bytes aligned to 8; deallocate what was allocated") !=
          std::string::npos);
}

namespace {
std::vector<fault_report> leaks;
}

TEST_CASE("a leak is a fault for each site, the largest first, with its oldest block") {
    strict_upstream            upstream;
    std::string                sunk;
    const fault_handler        before = set_fault_handler([](const fault_report& report) noexcept {
        leaks.push_back(report);
        return fault_answer::quarantine;
    });
    std::vector<tracked_block> blocks;
    {
        tracking_resource tracking(into(sunk, leak_answer::fault), &upstream);
        allocate_seven(tracking);
        tracking.for_each_live([&](const tracked_block& one) { blocks.push_back(one); });
    }
    set_fault_handler(before);
    REQUIRE(leaks.size() == 3);
    REQUIRE(blocks.size() == 7);
    const std::size_t oldest[] = {1, 0, 3};
    for (std::size_t i = 0; i != 3; ++i) {
        CHECK(leaks[i].kind == fault_kind::leak);
        CHECK(leaks[i].address == blocks[oldest[i]].address);
        CHECK(leaks[i].expected_bytes == blocks[oldest[i]].bytes);
        CHECK(leaks[i].expected_alignment == blocks[oldest[i]].alignment);
        CHECK(leaks[i].given_bytes == 0);
    }
    CHECK(sunk.find("tracking: 2401 bytes leaked in 7 blocks from 3 call sites\n") == 0);
}

TEST_CASE("frames that are no code are addresses") {
    std::string       text;
    const void* const frames[] = {reinterpret_cast<const void*>(0x10)};
    name_frames(
        frames, 1, [](void* to, std::string_view line) { static_cast<std::string*>(to)->append(line); }, &text);
    CHECK(text == "0x10");
}

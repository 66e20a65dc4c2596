#include <autopmr/fault_report.hpp>

#include "src/support/report_text.hpp"
#include "support/catch.hpp"
#include "support/child.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>

using namespace autopmr;
using autopmr_test::child_end;
using autopmr_test::in_child;

// Every malloc of this program, counted, so that "without allocating" is seen and not believed. Sanitizers bring their
// own malloc and do not like a third one.
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define COUNTS_MALLOC
static std::atomic<unsigned> mallocs{0};
extern "C" void*             __libc_malloc(std::size_t);
extern "C" void*             malloc(std::size_t bytes) {
                mallocs.fetch_add(1, std::memory_order_relaxed);
                return __libc_malloc(bytes);
}
#endif

namespace {

// Who reads it from a core file, or from another process, goes by these: they change with its version alone.
static_assert(sizeof(void*) != 8 ||
              (offsetof(fault_report, version) == 0 && offsetof(fault_report, kind) == 4 && offsetof(fault_report, access) == 8 &&
                  offsetof(fault_report, state) == 12 && offsetof(fault_report, address) == 16 && offsetof(fault_report, resource) == 24 &&
                  offsetof(fault_report, subsystem) == 32 && offsetof(fault_report, expected_bytes) == 40 &&
                  offsetof(fault_report, expected_alignment) == 48 && offsetof(fault_report, given_bytes) == 56 &&
                  offsetof(fault_report, given_alignment) == 64 && offsetof(fault_report, block) == 72 && offsetof(fault_report, past_end) == 80 &&
                  offsetof(fault_report, before_start) == 88 && offsetof(fault_report, frees_ago) == 96 && offsetof(fault_report, found) == 104 &&
                  offsetof(fault_report, allocated) == 224 && offsetof(fault_report, deallocated) == 344 && sizeof(fault_report) == 464));
static_assert(sizeof(void*) != 8 ||
              (offsetof(fault_moment, sequence) == 0 && offsetof(fault_moment, thread) == 8 && offsetof(fault_moment, depth) == 16 &&
                  offsetof(fault_moment, frames) == 24 && sizeof(fault_moment) == 120));
static_assert(sizeof(fault_kind) == 4 && sizeof(fault_access) == 4 && sizeof(block_state) == 4 && fault_report().version == 2);
static_assert(static_cast<int>(fault_kind::overrun) == 5 && static_cast<int>(fault_kind::use_after_free) == 10 &&
              static_cast<int>(fault_kind::no_access) == 14 && static_cast<int>(fault_access::free) == 3 && static_cast<int>(block_state::freed) == 2);

fault_report a_report() {
    fault_report report;
    report.kind = fault_kind::wrong_size;
    report.address = reinterpret_cast<const void*>(0xbeef0);
    report.resource = "tracking";
    report.expected_bytes = 128;
    report.expected_alignment = 16;
    report.given_bytes = 64;
    report.given_alignment = 8;
    return report;
}

fault_report seen;

template <fault_answer Answer>
fault_answer answers(const fault_report& report) noexcept {
    seen = report;
    return Answer;
}

}  // namespace

TEST_CASE("the default handler writes one line that names everything, and aborts") {
    const child_end end = in_child([] {
        report_fault(a_report());
        return 0;
    });
    CHECK(end.signal == SIGABRT);
    CHECK(end.error ==
          "autopmr: wrong size at 0xbeef0, found by tracking; allocated with 128 bytes aligned to 16; "
          "deallocated with 64 bytes aligned to 8; deallocate with the size that was allocated\n");
}

TEST_CASE("what is not known is left out of the line") {
    const child_end end = in_child([] {
        fault_report report;
        report.kind = fault_kind::double_free;
        report.resource = nullptr;
        report_fault(report);
        return 0;
    });
    CHECK(end.signal == SIGABRT);
    CHECK(end.error == "autopmr: double free at 0x0, found by (null); find the second owner of this block\n");
}

TEST_CASE("a handler's answer is carried out") {
    CHECK(in_child([] {
              set_fault_handler(answers<fault_answer::abort>);
              report_fault(a_report());
              return 0;
          }).signal == SIGABRT);

    const int trapped = in_child([] {
                            set_fault_handler(answers<fault_answer::trap>);
                            report_fault(a_report());
                            return 0;
                        }).signal;
    CHECK((trapped == SIGILL || trapped == SIGTRAP));

    const child_end quarantined = in_child([] {
        set_fault_handler(answers<fault_answer::quarantine>);
        report_fault(a_report());
        return seen.kind == fault_kind::wrong_size && seen.expected_bytes == 128 && seen.given_bytes == 64 ? 7 : 1;
    });
    CHECK(quarantined.exit_status == 7);
    CHECK(quarantined.error.empty());
}

TEST_CASE("an answer that does not exist ends the program") {
    CHECK(in_child([] {
              set_fault_handler(answers<static_cast<fault_answer>(99)>);
              report_fault(a_report());
              return 0;
          }).signal == SIGABRT);
}

TEST_CASE("a handler can be set, asked for, and taken back") {
    CHECK(set_fault_handler(answers<fault_answer::quarantine>) == nullptr);
    CHECK(set_fault_handler(nullptr) == &answers<fault_answer::quarantine>);
    CHECK(set_fault_handler(nullptr) == nullptr);
}

TEST_CASE("a report can be made in a signal handler") {
    const child_end end = in_child([] {
        ::signal(SIGUSR1, [](int) { report_fault(a_report()); });
        ::raise(SIGUSR1);
        return 0;
    });
    CHECK(end.signal == SIGABRT);
    CHECK(end.error.find("wrong size") != std::string::npos);
}

#if defined(COUNTS_MALLOC)
TEST_CASE("a report is written without allocating") {
    const child_end end = in_child([] {
        // Stops the abort after the report was written, to look at the count.
        ::signal(SIGABRT, [](int) { ::_exit(mallocs.load() == 0 ? 5 : 6); });
        mallocs = 0;
        report_fault(a_report());
        return 0;
    });
    CHECK(end.exit_status == 5);
    CHECK_FALSE(end.error.empty());
}
#endif

TEST_CASE("every kind has a name of its own, and a kind of the future has one too") {
    std::string names;
    for (auto kind = std::uint32_t{0}; kind <= static_cast<std::uint32_t>(fault_kind::wrong_thread); ++kind) {
        const std::string name = to_string(static_cast<fault_kind>(kind));
        CHECK(names.find("|" + name + "|") == std::string::npos);
        names += "|" + name + "|";
    }
    CHECK(std::string(to_string(fault_kind::write_after_free)) == "write after free");
    CHECK(std::string(to_string(static_cast<fault_kind>(4711))) == to_string(fault_kind::unknown));
}

TEST_CASE("a line keeps its numbers and addresses whole, and its end when it is cut") {
    report_text line;
    line.number(0).text(" ").number(18446744073709551615ULL).text(" ").address(nullptr).text(" ");
    line.address(reinterpret_cast<const void*>(~std::uintptr_t{0}));
    CHECK(line.view() == "0 18446744073709551615 0x0 0x" + std::string(sizeof(void*) * 2, 'f'));

    const child_end end = in_child([] {
        const std::string words(5000, 'w');
        report_text().text(words).write();
        return 0;
    });
    CHECK(end.error.size() == 1025);
    CHECK(end.error.substr(1020) == "w...\n");
}

TEST_CASE("what is known of a block has a line of its own, and each moment too") {
    fault_report report = a_report();
    report.kind = fault_kind::overrun;
    report.access = fault_access::write;
    report.state = block_state::live;
    report.subsystem = "parser";
    report.block = reinterpret_cast<const void*>(0xbee70);
    report.past_end = 1;
    report.found.thread = 77;
    report.found.depth = 2;
    report.found.frames[0] = reinterpret_cast<const void*>(0x10);
    report.found.frames[1] = reinterpret_cast<const void*>(0x20);
    report.allocated.sequence = 5;
    const auto lines = [&] { return in_child([&] { write_fault(report); return 0; }).error; };
    const auto after_the_first = [&] { const std::string all = lines(); return all.substr(all.find('\n') + 1); };
    CHECK(after_the_first() ==
          "autopmr:   write, byte 1 past the end of the block at 0xbee70, live, of subsystem parser\n"
          "autopmr:   found by thread 77 at 0x10, 0x20\n"
          "autopmr:   allocated number 5\n");

    report.past_end = 0;
    report.before_start = 8;
    report.access = fault_access::unknown;
    report.state = block_state::freed;
    report.frees_ago = 1;
    report.subsystem = "";
    report.found = report.allocated = {};
    CHECK(after_the_first() == "autopmr:   byte 8 before the start of the block at 0xbee70, freed last of all\n");
    report.before_start = 0;
    report.frees_ago = 4711;
    CHECK(after_the_first() == "autopmr:   byte 128 (from 0) of the block at 0xbee70, freed 4711 frees ago\n");
    report.frees_ago = 0;
    report.deallocated.thread = 3;
    report.deallocated.depth = ~std::uint64_t{0};  // of a broken report
    CHECK(after_the_first().find("freed\nautopmr:   deallocated by thread 3 at 0x0, 0x0") != std::string::npos);
}

TEST_CASE("frames are told with their object file where the system says it") {
    const child_end end = in_child([] {
        fault_report report;
        report.found.depth = 1;
        report.found.frames[0] = reinterpret_cast<const char*>(&a_report) + 1;
        write_fault(report);
        return 0;
    });
#if defined(__linux__)
    CHECK(end.error.find(" (test.fault_report+0x") != std::string::npos);
#else
    CHECK(end.error.find(" at 0x") != std::string::npos);
#endif
}

TEST_CASE("reports of several threads do not mix their lines") {
    const child_end end = in_child([] {
        const auto writes = [](std::uintptr_t block) {
            fault_report report = a_report();
            report.block = report.address = reinterpret_cast<const void*>(block);
            report.found.thread = report.allocated.thread = block;
            for (int i = 0; i != 300; ++i) write_fault(report);
        };
        std::thread other(writes, 0x1111), third(writes, 0x2222);
        writes(0x3333);
        other.join();
        third.join();
        return 0;
    });
    CHECK(end.exit_status == 0);
    std::size_t at = 0;
    const auto  next = [&] {
        const std::size_t begin = at, stop = end.error.find('\n', at);
        at = stop == end.error.npos ? end.error.size() : stop + 1;
        return end.error.substr(begin, at - begin);
    };
    int reports = 0, mixed = 0;
    for (; at < end.error.size(); ++reports) {
        const std::string what = next(), block = next(), found = next(), allocated = next();
        const std::size_t begin = what.find("0x");
        if (begin == what.npos) {
            ++mixed;
            continue;
        }
        const std::string address = what.substr(begin, 6), thread = std::to_string(std::stoul(address, nullptr, 16));
        if (block.find("block at " + address) == block.npos || found.find("found by thread " + thread) == found.npos ||
            allocated.find("allocated by thread " + thread) == allocated.npos)
            ++mixed;
    }
    CHECK(reports == 900);
    CHECK(mixed == 0);
}

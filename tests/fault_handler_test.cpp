#include <autopmr/fault_handler.hpp>

#include <autopmr/describe.hpp>

#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/sanitized.hpp"
#include "support/closed_pages.hpp"

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory_resource>
#include <string>
#include <thread>

using namespace autopmr;
using namespace autopmr_test;

namespace {

fault_report     seen;
std::atomic<int> count{0};
fault_answer     keeps(const fault_report& report) noexcept {
    seen = report;
    ++count;
    return fault_answer::quarantine;
}

}  // namespace

TEST_CASE("describe(address) tells what an address was, and describe(&resource) still means the stack") {
    const closed_pages pages;
    const auto         of_block = describe(pages.at(1) + 65);
    REQUIRE(of_block.has_value());
    CHECK(of_block->kind == fault_kind::use_after_free);
    CHECK(of_block->address == pages.at(1) + 65);
    CHECK(of_block->block == pages.at(1));
    CHECK(of_block->past_end == 2);
    CHECK_FALSE(describe(&count).has_value());
    const void* const none = nullptr;
    CHECK_FALSE(describe(none).has_value());

    std::pmr::monotonic_buffer_resource foreign;
    std::pmr::memory_resource* const    base = &foreign;
    const std::string                   stack = describe(&foreign);
    CHECK(stack == describe(base));
    CHECK(stack == describe(resource_ptr(base)));
}

TEST_CASE("an access fault in a guard's memory becomes a report, and the program goes on when that is the answer") {
    const child_end end = in_child([] {
        closed_pages pages(4, keeps);
        if (!install_fault_handler()) return 2;
        pages.at(1)[64] = 7;
        std::atomic_signal_fence(std::memory_order_seq_cst);
        if (count != 1 || seen.address != pages.at(1) + 64 || seen.past_end != 1 || seen.found.thread != os::thread_number()) return 3;
        if (pages.at(1)[64] != 7) return 4;
        if (seen.access != fault_access::write && seen.access != fault_access::unknown) return 5;
        static_cast<void>(pages.at(2)[0]);
        std::atomic_signal_fence(std::memory_order_seq_cst);  // the handler wrote what is read here
        if (count != 2 || seen.past_end != 0 || seen.block != pages.at(2)) return 6;
        if (under_tsan) return count == 2 ? 0 : 10;  // it hands on the machine context of its own making
        if (seen.access != fault_access::read && seen.access != fault_access::unknown) return 7;
#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))
        if (seen.access != fault_access::read) return 8;
        if (seen.found.depth < 2) return 9;
#endif
        return count == 2 ? 0 : 10;
    });
    CHECK(end.exit_status == 0);
    CHECK(end.signal == 0);
    CHECK(end.error == "");
}

TEST_CASE("the process's handler hears of it where the guard has none, and abort is the default") {
    const child_end end = in_child([] {
        closed_pages pages;
        install_fault_handler();
        pages.at(0)[70] = 1;
        return 0;
    });
    CHECK(end.signal == SIGABRT);
    CHECK(end.error.find("autopmr: use after free at 0x") == 0);
    CHECK(end.error.find("byte 7 past the end of the block at 0x") != std::string::npos);
    CHECK(end.error.find("\nautopmr:   found by thread ") != std::string::npos);
    CHECK(in_child([] {
              closed_pages pages;
              set_fault_handler(keeps);
              install_fault_handler();
              pages.at(0)[0] = 1;
              return count.load();
          }).exit_status == 1);
}

TEST_CASE("where memory can't be opened the program can't go on, and that is said") {
    const child_end end = in_child([] {
        closed_pages pages(1, keeps);
        pages.opens = false;
        install_fault_handler();
        pages.at(0)[0] = 1;
        return 0;
    });
    CHECK(end.signal == SIGABRT);
    CHECK(end.error.find("can't be opened") != std::string::npos);
}

namespace {

volatile char* second_fault = nullptr;
fault_answer   faults_itself(const fault_report&) noexcept {
    *second_fault = 1;
    return fault_answer::quarantine;
}

}  // namespace

TEST_CASE("a fault inside of a report is passed on, and does not begin another") {
    CHECK(in_child([] {
              closed_pages pages(2, faults_itself);
              second_fault = pages.at(1);
              install_fault_handler();
              pages.at(0)[0] = 1;
              return 1;
          }).signal == SIGSEGV);
}

TEST_CASE("two threads that fault at once give two whole reports") {
    const child_end end = in_child([] {
        constexpr int rounds = 20;
        closed_pages  pages(2 * rounds);
        set_fault_handler(write_and_go_on);
        install_fault_handler();
        std::atomic<int> ready{0};
        const auto       faults = [&](std::size_t first) {
            const fault_stack own;
            for (int i = 0; i != rounds; ++i) {
                ++ready;
                while (ready < 2 * (i + 1)) continue;
                pages.at(first + 2 * static_cast<std::size_t>(i))[0] = 1;
            }
        };
        std::thread other(faults, 1);
        faults(0);
        other.join();
        return 0;
    });
    CHECK(end.exit_status == 0);
    int reports = 0;
    for (std::size_t at = 0; at < end.error.size();) {
        std::string head[3];
        for (auto& line : head) {
            const std::size_t stop = end.error.find('\n', at);
            line = end.error.substr(at, stop - at);
            at = stop + 1;
        }
        ++reports;
        CAPTURE(head[0], head[1], head[2]);
        CHECK(head[0].find("use after free at 0x") != std::string::npos);
        CHECK(head[1].find("byte 0 (from 0) of the block at 0x") != std::string::npos);
        CHECK(head[2].find("found by thread ") != std::string::npos);
        const auto address = [](const std::string& line) { const auto x = line.find("0x"); return line.substr(x, line.find_first_of(",; ", x) - x); };
        CHECK(address(head[0]) == address(head[1]));
    }
    CHECK(reports == 40);
}

TEST_CASE("a report is saved where that is asked for, under the number of the process") {
    const std::string base = "fault_handler_test." + std::to_string(os::process_number());
    const child_end   end = in_child([&] {
        closed_pages pages(1, keeps);
        if (!install_fault_handler({(base + ".%p.saved").c_str()})) return 1;
        pages.at(0)[0] = 1;
        const std::string path = base + "." + std::to_string(os::process_number()) + ".saved";
        char              head[8] = {};
        const long        got = os::read_file(path.c_str(), head, sizeof head);
        std::remove(path.c_str());
        return got == 8 && std::memcmp(head, "AUTOPMRF", 8) == 0 ? 0 : 2;
    });
    CHECK(end.exit_status == 0);
    const child_end unsaved = in_child([] {
        closed_pages pages(1, keeps);
        if (install_fault_handler({std::string(501, 'x').c_str()})) return 1;
        install_fault_handler({"/no/such/folder/file"});
        pages.at(0)[0] = 1;
        return count == 1 ? 0 : 2;
    });
    CHECK(unsaved.exit_status == 0);
    CHECK(unsaved.error.find("could not be saved to /no/such/folder/file: error 2") != std::string::npos);
    errno = 0;
    CHECK_FALSE(save_fault({}, "/no/such/folder/file"));
    CHECK(errno == ENOENT);
}

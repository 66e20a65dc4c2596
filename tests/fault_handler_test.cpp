#include <autopmr/fault_handler.hpp>

#include <autopmr/describe.hpp>

#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/closed_pages.hpp"

#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
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

std::atomic<int> passed_on{0};
void*            passed_address = nullptr;
void             ends_with_33(int, siginfo_t* info, void*) {
    passed_address = info->si_addr;
    ++passed_on;
    ::_exit(33);
}

volatile char* nobodys() { return static_cast<volatile char*>(::mmap(nullptr, page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)); }

/// With a block of 64 bytes that may not be touched, and of which it says that it may.
class mistaken final : public fault_source {
public:
    mistaken() { fault_sources::join(*this); }
    ~mistaken() { fault_sources::leave(*this); }
    bool explain(const void* address, fault_report& out) const noexcept override {
        if (address != const_cast<const char*>(block)) return false;
        out.state = block_state::live;
        out.block = address;
        out.expected_bytes = 64;
        return true;
    }
    bool open(const void*) noexcept override { ::_exit(40); }
    volatile char* const block = nobodys();
};

/// What was there before us, and shows what came to it.
siginfo_t passed_info;
void      shows(int, siginfo_t* info, void* context) {
    passed_info = *info;
    ::_exit(context == nullptr ? 41 : info->si_addr == passed_address ? 42 : 43);
}
void shows_on(int signal) {
    struct sigaction old {};
    old.sa_sigaction = shows;
    old.sa_flags = SA_SIGINFO;
    ::sigaction(signal, &old, nullptr);
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
        if (count != 1 || seen.address != pages.at(1) + 64 || seen.past_end != 1 || seen.found.thread != os::thread_number()) return 3;
        if (pages.at(1)[64] != 7) return 4;
        if (seen.access != fault_access::write && seen.access != fault_access::unknown) return 5;
        static_cast<void>(pages.at(2)[0]);
        if (count != 2 || seen.past_end != 0 || seen.block != pages.at(2)) return 6;
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

TEST_CASE("a fault that is nobody's goes to who was there before") {
    const auto with = [](auto prepare) {
        return in_child([prepare] {
            closed_pages pages(4, keeps);
            prepare();
            install_fault_handler();
            pages.at(0)[0] = 1;
            nobodys()[0] = 1;
            return 1;
        });
    };
    CHECK(with([] { ::signal(SIGSEGV, SIG_DFL); }).signal == SIGSEGV);
    CHECK(with([] { ::signal(SIGSEGV, SIG_IGN); }).signal == SIGSEGV);  // the system ends a program that ignores its own faults
    CHECK(with([] { ::signal(SIGSEGV, [](int) { ::_exit(31); }); }).exit_status == 31);
    CHECK(with([] {
              struct sigaction old {};
              old.sa_sigaction = ends_with_33;
              old.sa_flags = SA_SIGINFO;
              ::sigaction(SIGSEGV, &old, nullptr);
          }).exit_status == 33);
}

TEST_CASE("null, an address that is none, a page behind its file's end and a live block are no faults of a guard") {
    const auto with = [](void* address, auto touch) {
        return in_child([=] {
            closed_pages pages(4, keeps);
            passed_address = address;
            shows_on(SIGSEGV);
            shows_on(SIGBUS);
            install_fault_handler();
            pages.at(0)[0] = 1;
            if (count != 1) return 2;
            touch();
            return 1;
        });
    };
    CHECK(with(nullptr, [] {
              volatile char* volatile none = nullptr;
              none[0] = 1;
          }).exit_status == 42);
#if defined(__x86_64__)
    // A general protection fault: the processor does not tell the address.
    CHECK(with(nullptr, [] {
              volatile char* volatile none = reinterpret_cast<volatile char*>(std::uintptr_t{0xdead} << 48);
              none[0] = 1;
          }).exit_status == 42);
#endif
    std::FILE* const  empty = std::tmpfile();
    auto* const       beyond = static_cast<volatile char*>(::mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, ::fileno(empty), 0));
    CHECK(with(const_cast<char*>(beyond), [beyond] { beyond[0] = 1; }).exit_status == 42);
    ::munmap(const_cast<char*>(beyond), page);
    std::fclose(empty);
    const mistaken live;
    CHECK(describe(live.block).has_value());
    CHECK(with(const_cast<char*>(live.block), [&live] { live.block[0] = 1; }).exit_status == 42);
}

TEST_CASE("flags do not make a handler of what is none") {
    const auto with = [](auto what, auto then) {
        return in_child([=] {
            struct sigaction old {};
            old.sa_handler = what;
            old.sa_flags = SA_SIGINFO;
            ::sigaction(SIGSEGV, &old, nullptr);
            install_fault_handler();
            then();
            return 5;
        });
    };
    CHECK(with(SIG_IGN, [] { ::raise(SIGSEGV); }).exit_status == 5);
    CHECK(with(SIG_DFL, [] { ::raise(SIGSEGV); }).signal == SIGSEGV);
    CHECK(with(SIG_IGN, [] { nobodys()[0] = 1; }).signal == SIGSEGV);
    CHECK(with(SIG_DFL, [] { nobodys()[0] = 1; }).signal == SIGSEGV);
}

TEST_CASE("installing again puts the handler back where it was taken away") {
    CHECK(in_child([] {
              closed_pages pages(2, keeps);
              install_fault_handler();
              ::signal(SIGSEGV, SIG_DFL);
              if (!install_fault_handler()) return 1;
              pages.at(0)[0] = 1;
              return count == 1 ? 6 : 2;
          }).exit_status == 6);
    // But not over who may lead to us: neither would ever come to an end.
    CHECK(in_child([] {
              static struct sigaction ours;
              install_fault_handler();
              ::sigaction(SIGSEGV, nullptr, &ours);
              struct sigaction other {};
              other.sa_sigaction = [](int signal, siginfo_t* info, void* context) { ours.sa_sigaction(signal, info, context); };
              other.sa_flags = SA_SIGINFO;
              ::sigaction(SIGSEGV, &other, nullptr);
              closed_pages pages(1, keeps);
              if (!install_fault_handler()) return 1;
              pages.at(0)[0] = 1;
              if (count != 1) return 2;
              nobodys()[0] = 1;
              return 3;
          }).signal == SIGSEGV);
}

TEST_CASE("a handler before us runs with its own mask and flags") {
    CHECK(in_child([] {
              struct sigaction old {};
              old.sa_handler = [](int) {
                  sigset_t now;
                  ::sigprocmask(SIG_BLOCK, nullptr, &now);
                  ::_exit(::sigismember(&now, SIGUSR2) == 1 && ::sigismember(&now, SIGSEGV) == 1 ? 35 : 36);
              };
              ::sigaddset(&old.sa_mask, SIGUSR2);
              ::sigaction(SIGSEGV, &old, nullptr);
              install_fault_handler();
              nobodys()[0] = 1;
              return 1;
          }).exit_status == 35);
    // Reset at its first use: it opens nothing, so that the second time ends the program.
    const child_end once = in_child([] {
        struct sigaction old {};
        old.sa_handler = [](int) { write_and_go_on({}); };
        old.sa_flags = static_cast<int>(SA_RESETHAND);
        ::sigaction(SIGSEGV, &old, nullptr);
        install_fault_handler();
        nobodys()[0] = 1;
        return 1;
    });
    CHECK(once.signal == SIGSEGV);
    CHECK(once.error.find("memory fault") == once.error.rfind("memory fault"));
    CHECK(once.error.find("memory fault") != std::string::npos);
}

TEST_CASE("a signal that was sent is no fault") {
    CHECK(in_child([] {
              install_fault_handler();
              ::raise(SIGSEGV);
              return 1;
          }).signal == SIGSEGV);
    CHECK(in_child([] {
              ::signal(SIGSEGV, SIG_IGN);
              install_fault_handler();
              ::raise(SIGSEGV);
              return 5;
          }).exit_status == 5);
}

TEST_CASE("uninstalling puts back what was there") {
    CHECK_FALSE(uninstall_fault_handler());
    CHECK(in_child([] {
              closed_pages pages(4, keeps);
              struct sigaction old {}, now {};
              old.sa_sigaction = ends_with_33;
              old.sa_flags = SA_SIGINFO;
              ::sigaction(SIGSEGV, &old, nullptr);
              for (int round = 0; round != 3; ++round) {
                  if (!install_fault_handler() || !install_fault_handler()) return 1;
                  pages.at(static_cast<std::size_t>(round))[0] = 1;
                  if (!uninstall_fault_handler() || uninstall_fault_handler()) return 2;
                  ::sigaction(SIGSEGV, nullptr, &now);
                  if (now.sa_sigaction != ends_with_33) return 3;
              }
              if (count != 3) return 4;
              pages.at(3)[0] = 1;
              return 5;
          }).exit_status == 33);
    // Somebody on top of us: we stay, and pass on.
    CHECK(in_child([] {
              closed_pages pages(1, keeps);
              install_fault_handler();
              ::signal(SIGSEGV, [](int) { ::_exit(uninstall_fault_handler() ? 6 : 7); });
              pages.at(0)[0] = 1;
              return 5;
          }).exit_status == 7);
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

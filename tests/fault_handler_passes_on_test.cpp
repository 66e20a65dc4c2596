// Faults that are nobody's, signals that are no faults, and who is heard before us, after us and above us.
#include <autopmr/fault_handler.hpp>

#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/closed_pages.hpp"
#include "support/sanitized.hpp"

#include <sys/mman.h>

#include <atomic>
#include <cstdint>
#include <cstdio>

using namespace autopmr;
using namespace autopmr_test;

namespace {

std::atomic<int> count{0};
fault_answer     keeps(const fault_report&) noexcept {
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

[[gnu::no_sanitize_undefined]] void write_to_null() {  // UBSan would be the first to see it
    volatile char* volatile none = nullptr;
    none[0] = 1;
}

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

/// What was there before us, and tells whether all came to it that it expects.
void shows(int, siginfo_t* info, void* context) {
    ::_exit(context == nullptr ? 41 : info->si_addr == passed_address ? 42 : 43);
}
void shows_on(int signal) {
    struct sigaction old {};
    old.sa_sigaction = shows;
    old.sa_flags = SA_SIGINFO;
    ::sigaction(signal, &old, nullptr);
}

}  // namespace

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
    CHECK(with(nullptr, write_to_null).exit_status == 42);
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
    if (under_tsan) return;  // its own sigaction() takes them for one, and calls it
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

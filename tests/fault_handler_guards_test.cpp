// Access faults in each guard's memory: heard by the guard's own handler where it has one, and told as what they are.
#include <autopmr/fault_handler.hpp>
#include <autopmr/guarded/page_guarded_resource.hpp>
#include <autopmr/guarded/secret_resource.hpp>

#include "support/catch.hpp"
#include "support/child.hpp"

#include <atomic>
#include <cstring>

using namespace autopmr;
using namespace autopmr_test;

namespace {

fault_report     seen;
std::atomic<int> own{0}, others{0};
fault_answer     hears(const fault_report& report) noexcept {
    seen = report;
    ++own;
    return fault_answer::quarantine;
}
fault_answer does_not_hear(const fault_report&) noexcept {
    ++others;
    return fault_answer::quarantine;
}

constexpr bool tells_access =
#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))
    true;
#else
    false;
#endif

bool was(fault_kind kind, fault_access access, const volatile char* address, const volatile char* block) {
    std::atomic_signal_fence(std::memory_order_seq_cst);  // the handler wrote what is read here
    return own == 1 && others == 0 && seen.kind == kind && (!tells_access || seen.access == access) && seen.address == address &&
           seen.block == block && std::strcmp(seen.resource, "own") == 0 && std::strcmp(seen.subsystem, "parser") == 0;
}

/// What a child finds that touches a block of 64 bytes.
template <class Touch>
int touched(guard_placement placement, bool markers, Touch touch) {
    const child_end end = in_child([&] {
        set_fault_handler(does_not_hear);
        page_guarded_options options;
        options.name = "own";
        options.subsystem = "parser";
        options.on_fault = hears;
        options.leaks = leak_answer::ignore;
        options.pool.placement = placement;
        options.pool.guard_markers = markers;
        page_guarded_resource guarded(options);
        if (!install_fault_handler()) return 100;
        return touch(guarded, static_cast<volatile char*>(guarded.allocate(64, 64))) ? 0 : 1;
    });
    CAPTURE(end.error, end.signal);
    CHECK(end.error == "");
    return end.exit_status;
}

}  // namespace

TEST_CASE("a page guard's own handler hears of overruns, underruns and uses after free, and the program goes on") {
    const bool markers = GENERATE(true, false);
    CHECK(touched(guard_placement::after, markers, [](auto&, volatile char* block) {
              block[64] = 1;
              return was(fault_kind::overrun, fault_access::write, block + 64, block) && seen.past_end == 1 && seen.state == block_state::live &&
                     block[64] == 1 && own == 1;
          }) == 0);
    CHECK(touched(guard_placement::after, markers, [](auto&, volatile char* block) {
              static_cast<void>(block[64 + 4000]);
              return was(fault_kind::overrun, fault_access::read, block + 64 + 4000, block);
          }) == 0);
    CHECK(touched(guard_placement::before, markers, [](auto&, volatile char* block) {
              static_cast<void>(block[-1]);
              return was(fault_kind::underrun, fault_access::read, block - 1, block) && seen.before_start == 1;
          }) == 0);
    CHECK(touched(guard_placement::after, markers, [](auto& guarded, volatile char* block) {
              guarded.deallocate(const_cast<char*>(block), 64, 64);
              block[3] = 1;
              return was(fault_kind::use_after_free, fault_access::write, block + 3, block) && seen.state == block_state::freed &&
                     seen.frees_ago == 1 && seen.deallocated.sequence == 2 && seen.deallocated.thread == seen.found.thread;
          }) == 0);
}

TEST_CASE("a guard without a handler of its own is heard by the process's") {
    CHECK(in_child([] {
              set_fault_handler(does_not_hear);
              page_guarded_options options;
              options.leaks = leak_answer::ignore;
              page_guarded_resource guarded(options);
              install_fault_handler();
              static_cast<volatile char*>(guarded.allocate(64, 16))[64] = 1;
              return others.load();
          }).exit_status == 1);
}

TEST_CASE("a secret's own handler hears of it, and its answer opens nothing") {
    const child_end end = in_child([] {
        secret_options options;
        options.isolated = true;
        options.on_fault = write_and_go_on;
        secret_resource secrets(options);
        auto* const     block = static_cast<volatile char*>(secrets.allocate(64, 16));
        set_fault_handler([](const fault_report&) noexcept -> fault_answer { ::_exit(101); });
        install_fault_handler();
        if (!secrets.protect(const_cast<char*>(block), secret_access::none)) return 102;
        static_cast<void>(block[0]);
        return 103;
    });
    CHECK(end.signal == SIGABRT);
    CHECK(end.error.find("autopmr: no access at 0x") == 0);
    CHECK(end.error.find("can't be opened") != std::string::npos);
}

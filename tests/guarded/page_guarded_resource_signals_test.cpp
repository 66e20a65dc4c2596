// A guard and what comes in between: signals that ask what an address is, and reports while memory is out.
#include <autopmr/fault_handler.hpp>
#include <autopmr/guarded/page_guarded_resource.hpp>

#include "guarded/poke.hpp"
#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/sanitized.hpp"

#include <atomic>
#include <csignal>

#include <sys/resource.h>
#include <sys/time.h>

using namespace autopmr;
using autopmr_test::in_child;
using autopmr_test::poke;

namespace {

std::atomic<const void*> asked_of{nullptr};
std::atomic<unsigned>    answers{0}, wrong{0};

void ask(int) {
    const auto told = describe(asked_of.load());
    ++answers;
    // Live, freed or on its way between the two: always this block.
    if (!told || (told->block != asked_of.load() && told->block != nullptr)) ++wrong;
}

}  // namespace

TEST_CASE("a signal may ask what an address is while its block is allocated or freed") {
    page_guarded_resource guarded;
    void* const           kept = guarded.allocate(64, 8);
    asked_of = kept;
    struct sigaction wanted = {}, before = {};
    wanted.sa_handler = ask;
    wanted.sa_flags = SA_RESTART;
    REQUIRE(::sigaction(SIGALRM, &wanted, &before) == 0);
    const itimerval often{{0, 200}, {0, 200}}, never{};
    ::setitimer(ITIMER_REAL, &often, nullptr);
    for (int i = 0; answers < 200 && i != 400000; ++i) guarded.deallocate(guarded.allocate(100, 4), 100, 4);
    ::setitimer(ITIMER_REAL, &never, nullptr);
    ::sigaction(SIGALRM, &before, nullptr);
    CHECK(answers > 0);
    CHECK(wrong == 0);
    guarded.deallocate(kept, 64, 8);
}

TEST_CASE("a report comes while memory is out") {
    if (under_asan || under_tsan) {
        WARN("skipped: a sanitizer needs its address space");
        return;
    }
    const auto end = in_child([] {
        page_guarded_resource guarded;
        void* const           block = guarded.allocate(64, 8);
        install_fault_handler();
        const rlimit none{0, 0};  // not a page more, for anybody
        ::setrlimit(RLIMIT_AS, &none);
        poke(block, 64, 1);
        return 0;
    });
    INFO(end.error);
    CHECK(end.signal == SIGABRT);
    CHECK(end.error.find("autopmr: overrun at ") != std::string::npos);
    CHECK(end.error.find("byte 1 past the end") != std::string::npos);
}

// A child that is forked while a thread of its parent copies such a value, here a module's text, waits for nobody. That thread
// stands still in the middle of the copy, which lands on a page that it may not write yet.
#include "src/support/module.hpp"

#include "support/child_wishes.hpp"

#include <atomic>
#include <chrono>
#include <new>
#include <thread>

#if defined(__unix__)
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>
#endif

using namespace autopmr;
using namespace autopmr_test;

#if defined(__linux__)

namespace {

std::atomic<bool> copies{false}, may_go_on{false};

void stand_still(int) {
    copies = true;
    while (!may_go_on) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

}  // namespace

TEST_CASE("a child that is forked while a text is copied has it") {
    must_pass([] {
        const auto  page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
        auto* const pages = static_cast<char*>(
            ::mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        need(pages != MAP_FAILED);
        auto* const once = ::new (pages + page - sizeof(text_once) + sizeof(reason))
            text_once([](reason& text) noexcept { text.append("there is none"); });
        struct sigaction here = {};
        here.sa_handler = stand_still;
        need(::sigaction(SIGSEGV, &here, nullptr) == 0 && ::mprotect(pages + page, page, PROT_READ) == 0);

        std::thread copier([&] { once->view(); });
        while (!copies) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        const auto end = in_child([&] {
            need(::mprotect(pages + page, page, PROT_READ | PROT_WRITE) == 0);
            need(once->view() == "there is none");
            return 0;
        });
        need(::mprotect(pages + page, page, PROT_READ | PROT_WRITE) == 0);
        may_go_on = true;
        copier.join();
        std::cerr << end.error;
        need(!end.hung && end.exit_status == 0);
        need(once->view() == "there is none");
        return 0;
    });
}

#else

TEST_CASE("a child that is forked while a text is copied has it") { WARN("skipped: not Linux"); }

#endif

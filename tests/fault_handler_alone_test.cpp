// The way from a fault to its report depends on nobody: it allocates nothing, and takes no lock that another thread, or the one that
// faulted, may have at that moment.
#include <autopmr/fault_handler.hpp>
#include <autopmr/guarded/page_guarded_resource.hpp>

#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/closed_pages.hpp"
#include "support/sanitized.hpp"

#include <atomic>
#include <cstdio>
#include <string>
#include <thread>

#if defined(__linux__)
#include <link.h>
#endif

using namespace autopmr;
using namespace autopmr_test;

// Every malloc of this program, counted. Sanitizers bring their own, and do not like a third one.
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
static std::atomic<int> mallocs{0};
extern "C" void*        __libc_malloc(std::size_t);
extern "C" void*        __libc_calloc(std::size_t, std::size_t);
extern "C" void*        malloc(std::size_t bytes) {
           ++mallocs;
           return __libc_malloc(bytes);
}
extern "C" void* calloc(std::size_t count, std::size_t bytes) {
    ++mallocs;
    return __libc_calloc(count, bytes);
}

TEST_CASE("a fault, its report, its file and describe() allocate nothing") {
    const std::string path = "fault_handler_alone_test." + std::to_string(os::process_number());
    const child_end   end = in_child([&path] {
        page_guarded_options options;
        options.on_fault = write_and_go_on;
        options.leaks = leak_answer::ignore;
        page_guarded_resource guarded(options);
        auto* const           block = static_cast<volatile char*>(guarded.allocate(64, 16));
        guarded.deallocate(guarded.allocate(64, 16), 64, 16);
        install_fault_handler({path.c_str()});
        const int before = mallocs;
        if (before == 0) return 100;
        block[64] = 1;
        if (!describe(block).has_value()) return 101;
        return mallocs - before;
    });
    std::remove(path.c_str());
    CAPTURE(end.signal, end.error);
    CHECK(end.exit_status == 0);
    CHECK(end.error.find("autopmr: overrun at 0x") == 0);
    CHECK(end.error.find("could not be saved") == std::string::npos);
}
#endif

TEST_CASE("a fault is reported while others hold the stream of errors, and the list of loaded objects") {
    if (under_tsan) return;  // it looks at locks itself
    const child_end end = in_child([] {
        closed_pages pages(1);
        set_fault_handler(write_and_go_on);
        install_fault_handler();
        std::atomic<int>  held{0};
        std::atomic<bool> stop{false};
        const auto        wait = [&] {
            ++held;
            while (!stop) std::this_thread::yield();
        };
        std::thread stream([&] {
            ::flockfile(stderr);
            wait();
            ::funlockfile(stderr);
        });
        int wanted = 1;
// Unwinders before this went through that list, and so waited for who loads a library just then.
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 35) && __GNUC__ >= 12
        std::thread list([&] {
            ::dl_iterate_phdr(
                [](dl_phdr_info*, std::size_t, void* to) {
                    (*static_cast<decltype(wait)*>(to))();
                    return 1;
                },
                const_cast<void*>(static_cast<const void*>(&wait)));
        });
        ++wanted;
#endif
        while (held != wanted) std::this_thread::yield();
        pages.at(0)[0] = 1;
        stop = true;
        stream.join();
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 35) && __GNUC__ >= 12
        list.join();
#endif
        return 0;
    }, 60);
    CHECK(end.exit_status == 0);
    CHECK_FALSE(end.hung);
    CHECK(end.error.find("autopmr: use after free at 0x") == 0);
}

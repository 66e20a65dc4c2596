// A library that installs as it is loaded holds the loader's lock: who installs at that moment must not let it wait for
// something that needs that lock. Here the pinning of the library, the way to the loader, stands still until another installed.
#include <autopmr/selector.hpp>

#include "support/catch.hpp"
#include "support/child_wishes.hpp"

#include <dlfcn.h>

#include <atomic>
#include <thread>

using namespace autopmr;
using namespace autopmr_test;

namespace {

std::atomic<bool> armed{false}, other_installed{false};

}  // namespace

// Instead of the C library's, for the whole program.
extern "C" __attribute__((visibility("default"))) void* dlopen(const char* file, int flags) noexcept {
    if ((flags & RTLD_NOLOAD) != 0 && armed.exchange(false))
        std::thread([] { other_installed = install_default(named("system")).ok(); }).join();
    static const auto real = reinterpret_cast<void* (*)(const char*, int)>(dlsym(RTLD_NEXT, "dlopen"));
    return real(file, flags);
}

TEST_CASE("nobody waits for who waits for the loader") {
    must_pass([] {
        armed = true;
        const decision made = install_default(named("system"));
        need(!armed);
        need(other_installed);
        need(made.ok());
        need(made == default_decision());
        return 0;
    });
}

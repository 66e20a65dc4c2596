// A library may allocate from a subsystem as it is loaded, and holds the loader's lock meanwhile: who loads a policy must not hold
// what that allocation waits for while it opens a backend's module itself. Here the way to the loader stands still for another thread.
#include <autopmr/policy.hpp>
#include <autopmr/subsystem.hpp>

#include "support/child_wishes.hpp"

#include <dlfcn.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

using namespace autopmr;
using namespace autopmr_test;

namespace {

std::atomic<bool>     armed{false};
std::function<void()> meanwhile;

}  // namespace

// Instead of the C library's, for the whole program.
extern "C" __attribute__((visibility("default"))) void* dlopen(const char* file, int flags) noexcept {
    if ((flags & RTLD_NOLOAD) == 0 && armed.exchange(false)) meanwhile();
    static const auto real = reinterpret_cast<void* (*)(const char*, int)>(dlsym(RTLD_NEXT, "dlopen"));
    return real(file, flags);
}

namespace {

// What the load says is up to what is installed here.
int others_may_allocate(const char* text, const std::function<void(const char*)>& load) {
    static const std::string path =
        (std::filesystem::temp_directory_path() / ("autopmr-loader." + std::to_string(::getpid()))).string();
    std::ofstream(path) << text;
    static std::atomic<bool> served{false};
    static std::thread       other;
    static bool              in_time = false;
    meanwhile = [] {
        other = std::thread([] {
            std::pmr::memory_resource& from = subsystem("of.a.library");
            from.deallocate(from.allocate(100), 100);
            served = true;
        });
        for (int i = 0; i != 10000 && !served; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        in_time = served.load();
    };
    armed = true;
    load(path.c_str());
    std::filesystem::remove(path);
    need(!armed);
    other.join();
    need(in_time);
    return 0;
}

const auto by_code = [](const char* path) { static_cast<void>(load_policy(path)); };

}  // namespace

TEST_CASE("a thread may make its first allocation while another opens what a policy names") {
    only(nullptr, nullptr);
    must_pass([] { return others_may_allocate("backend = \"mimalloc\"\n", by_code); });
    must_pass([] { return others_may_allocate("[subsystem.x]\nbackend = \"mimalloc\"\n", by_code); });
}

TEST_CASE("and while the environment's policy is loaded, which is in force for both") {
    must_pass([] {
        const int outcome = others_may_allocate("[subsystem.of]\nbackend = \"new_delete\"\n[subsystem.x]\nbackend = \"mimalloc\"\n", [](const char* path) {
            only("AUTOPMR_POLICY", path);
            static_cast<void>(load_policy_from_environment());
        });
        if (load_policy_from_environment().ok()) need(subsystem("of.a.library").usage().backend == "new_delete");
        return outcome;
    });
}

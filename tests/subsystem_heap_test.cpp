// A subsystem's own heap is made while no lock is held that others, or a fork, would wait for; and one that nobody takes is ended.
// Here the way to the system's pages tells of each, and stands still where that is asked.
#include <autopmr/selector.hpp>
#include <autopmr/subsystem.hpp>

#include "src/subsystem_node.hpp"
#include "support/child_wishes.hpp"
#include "support/sanitized.hpp"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

using namespace autopmr;
using namespace autopmr_test;

#if defined(__linux__) && !AUTOPMR_TEST_ASAN && !AUTOPMR_TEST_TSAN  // whose runtimes want to see every mapping

namespace {

std::atomic<bool>      armed{false};
std::atomic<long long> mapped{0};
constexpr int          all = 1'000'000'000;
std::atomic<int>       served{all};  // how many more mappings there are
std::function<void()>  meanwhile;

policy_result ask_for_own_heap(const char* name, std::string_view backend) {
    subsystem_options wants;
    wants.backend = backend;
    wants.own_heap = true;
    return configure(name, wants);
}

struct policy_file {
    const std::string path = (std::filesystem::temp_directory_path() / ("autopmr-heap." + std::to_string(::getpid()))).string();
    explicit policy_file(const char* text) { std::ofstream(path) << text; }
    policy_file(const policy_file&) = delete;
    policy_file& operator=(const policy_file&) = delete;
    ~policy_file() { std::filesystem::remove(path); }
};

}  // namespace

// Instead of the C library's, for the whole program but the C library itself.
extern "C" __attribute__((visibility("default"))) void* mmap(
    void* at, std::size_t bytes, int access, int flags, int file, off_t offset) noexcept {
    if (armed.exchange(false)) meanwhile();
    if (served.fetch_sub(1) <= 0) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    mapped += static_cast<long long>(bytes);
    return reinterpret_cast<void*>(::syscall(SYS_mmap, at, bytes, access, flags, file, offset));
}
extern "C" __attribute__((visibility("default"))) int munmap(void* at, std::size_t bytes) noexcept {
    mapped -= static_cast<long long>(bytes);
    return static_cast<int>(::syscall(SYS_munmap, at, bytes));
}

TEST_CASE("others can set what they want while a heap is made") {
    must_pass([] {
        need(subsystem("first").name() != subsystem("second").name());  // the tree's own pages are there
        static std::atomic<bool> done{false};
        static std::thread       other;
        static bool              in_time = false;
        meanwhile = [] {
            other = std::thread([] {
                done = configure("second", {{}, std::size_t{1} << 20, {}, {}}).ok();
            });
            for (int i = 0; i != 5000 && !done; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
            in_time = done.load();
        };
        armed = true;
        need(ask_for_own_heap("first", "system").ok());
        need(!armed);
        other.join();
        need(in_time);
        need(subsystem("first").settings().own_heap);
        return 0;
    });
}

TEST_CASE("what another thread set while a heap was made counts, and each warning is said once") {
    must_pass([] {
        const policy_file  policy("[subsystem.third]\nbackend = \"system\"\nown_heap = true\nlimit = 4096\n");
        static std::thread other;
        need(configure("third", {{}, std::size_t{1} << 20, {}, {}}).ok());
        meanwhile = [] {
            other = std::thread([] { static_cast<void>(configure("third", {"new_delete", {}, {}, {}})); });
            other.join();
        };
        armed = true;
        const policy_result result = load_policy(policy.path);
        need(!armed);
        need(result.ok());
        const std::string warnings(result.warnings());
        need(warnings.find("limit of") != warnings.npos && warnings.find("limit of") == warnings.rfind("limit of"));
        need(subsystem("third").settings().backend == "new_delete");
        std::pmr::memory_resource& third = subsystem("third");
        third.deallocate(third.allocate(100), 100);
        need(subsystem("third").upstream_layer()->upstream_resource() == &find_backend("new_delete")->resource());
        return 0;
    });
}

TEST_CASE("a heap that was made for settings that are refused is ended") {
    must_pass([] {
        const policy_file policy("[subsystem.good]\nbackend = \"system\"\nown_heap = true\n"
                                 "[subsystem.late]\nbackend = \"system\"\nown_heap = true\n");
        int refusals = 0;
        for (;; ++refusals) {
            const long long before = mapped;
            served = refusals;
            const policy_result result = load_policy(policy.path);
            served = all;
            if (result.ok()) break;
            need(std::string(result.error()).find("out of memory") != std::string::npos);
            need(mapped == before);
            need(!subsystem("good").settings().own_heap);
        }
        need(refusals >= 2);  // the second heap's too, when the first was made
        return 0;
    });
}

TEST_CASE("one that a backend made itself is ended too") {
    const backend& jemalloc = *find_backend("jemalloc");
    if (!jemalloc.why_not().empty()) {
        WARN("skipped: " << jemalloc.why_not());
        return;
    }
    for (int i = 0; i != 5000; ++i) {  // there are 4094 of them at a time
        const heap_offer offer = make_own_heap(jemalloc);
        REQUIRE(offer.heap != nullptr);
        discard_own_heap(jemalloc, *offer.heap);
    }
}

#else

TEST_CASE("others can set what they want while a heap is made") { WARN("skipped: not Linux, or a sanitizer that wants to see every mapping"); }

#endif

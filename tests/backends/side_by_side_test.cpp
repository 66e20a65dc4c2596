// All backends that can serve here, in one process, whose own malloc stays what it was.
#include <autopmr/backends/new_delete.hpp>
#include <autopmr/backends/system.hpp>
#include <autopmr/selector.hpp>

#include "backends/checks.hpp"
#include "src/host_malloc.hpp"
#include "src/platform/os.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

using namespace autopmr;

namespace {

/// A thread that was there before any library was loaded: it starts with the program and waits.
class early_thread {
public:
    early_thread()
        : thread_([this] {
              wanted_.wait(false);
              for (const backend& b : backends())
                  if (b.why_not().empty()) blocks.push_back(b.allocate(1000, 64));
          }) {}
    void run() {
        wanted_ = true;
        wanted_.notify_one();
        if (thread_.joinable()) thread_.join();
    }
    ~early_thread() { run(); }
    std::vector<void*> blocks;

private:
    std::atomic<bool> wanted_{false};
    std::thread       thread_;
};
early_thread early;

/// Threads hand blocks to one another, check what was written in them, and free what others made.
void exchange(const backend& b) {
    constexpr int                threads = 8, rounds = 2000, slots = 64;
    static std::atomic<unsigned> damaged;
    std::atomic<unsigned char*>  table[slots] = {};
    damaged = 0;
    auto size_of = [](unsigned char* block) { return std::size_t{16} + block[0] * std::size_t{5}; };
    auto give_back = [&](unsigned char* block) {
        const std::size_t size = size_of(block);
        if (block[size - 1] != block[0]) ++damaged;
        b.deallocate(block, size, 8);
    };
    auto work = [&](unsigned seed) {
        for (int i = 0; i != rounds; ++i) {
            seed = seed * 1664525u + 1013904223u;
            const auto        mark = static_cast<unsigned char>(seed >> 24);
            const std::size_t size = std::size_t{16} + mark * std::size_t{5};
            auto*             block = static_cast<unsigned char*>(b.allocate(size, 8));
            block[0] = block[size - 1] = mark;
            if (auto* old = table[(seed >> 8) % slots].exchange(block)) give_back(old);
        }
    };
    std::vector<std::thread> running;
    for (unsigned t = 0; t != threads; ++t) running.emplace_back(work, t + 1);
    for (std::thread& t : running) t.join();
    for (auto& slot : table)
        if (auto* left = slot.load()) give_back(left);
    CHECK(damaged == 0);
}

std::string owner_of_malloc() { return std::string(malloc_of_this_process().owner.value.view()); }

}  // namespace

TEST_CASE("a thread older than the libraries uses them all") {
    early.run();
    std::size_t next = 0;
    for (const backend& b : backends())
        if (b.why_not().empty()) b.deallocate(early.blocks.at(next++), 1000, 64);
    CHECK(next == early.blocks.size());
}

TEST_CASE("no backend takes over the process's malloc") {
    for (const backend& b : backends())
        if (b.why_not().empty()) b.deallocate(b.allocate(100, 8), 100, 8);
    const std::string owner = owner_of_malloc();
    const std::string sanitizer(os::sanitizer_runtime());
    CAPTURE(owner, sanitizer);
    if (sanitizer == "none") CHECK(owner == "libc");
    for (const char* other : {"mimalloc", "jemalloc", "tcmalloc", "tbbmalloc_proxy", "scudo"}) CHECK(owner != other);

    // Nor do those with memory of their own draw on it.
    std::size_t before = 0, after = 0, committed = 0;
    if (owner != "libc" || !os::c_heap_usage(before, committed)) return;
    for (const char* name : {"mimalloc", "jemalloc", "tbb", "scudo"}) {
        const backend& b = *find_backend(name);
        if (absent(b)) continue;
        os::c_heap_usage(before, committed);
        std::vector<void*> blocks;
        blocks.reserve(1000);
        for (int i = 0; i != 1000; ++i) blocks.push_back(b.allocate(10'000, 8));
        os::c_heap_usage(after, committed);
        for (void* p : blocks) b.deallocate(p, 10'000, 8);
        CAPTURE(name, before, after);
        CHECK(after < before + 100'000);
    }
}

TEST_CASE("eight threads free each other's blocks") {
    for (const backend& b : backends()) {
        if (absent(b)) continue;
        // ThreadSanitizer does not see how an allocator that was not compiled for it hands a freed block to another thread, and
        // takes each such block for a race.
        if (os::sanitizer_runtime() == "thread" && &b != &system_backend && &b != &new_delete_backend) {
            WARN("not tested under ThreadSanitizer: " + std::string(b.name));
            continue;
        }
        CAPTURE(b.name);
        exchange(b);
    }
}

TEST_CASE("a child of fork allocates and frees what its parent made") {
    for (const backend& b : backends()) {
        if (absent(b)) continue;
        CAPTURE(b.name);
        void*       made_before = b.allocate(300, 8);
        const pid_t child = ::fork();
        if (child == 0) {
            std::signal(SIGABRT, SIG_DFL);
            std::signal(SIGSEGV, SIG_DFL);
            ::alarm(20);
            b.deallocate(made_before, 300, 8);
            for (int i = 0; i != 1000; ++i) {
                void* block = b.allocate(100 + static_cast<std::size_t>(i), 8);
                std::memset(block, 1, 100);
                b.deallocate(block, 100 + static_cast<std::size_t>(i), 8);
            }
            ::_exit(7);
        }
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == 7);
        b.deallocate(made_before, 300, 8);
    }
}

TEST_CASE("large alignments are kept by every backend") {
    for (const backend& b : backends()) {
        if (absent(b)) continue;
        for (std::size_t alignment = 32; alignment <= 65536; alignment *= 2) {
            CAPTURE(b.name, alignment);
            void* block = b.allocate(100, alignment);
            CHECK(reinterpret_cast<std::uintptr_t>(block) % alignment == 0);
            b.deallocate(block, 100, alignment);
        }
    }
}

// Programs that use the installed default at the edges of their lives; `lives NAME` runs one. Each prints "ok" last, as late
// as it can, and exits with 0: a crash, a hang or a missing "ok" is the failure.
#include "uses.hpp"

#include <autopmr/autopmr.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <thread>

#include "support/sanitized.hpp"

namespace {

const char* life = "";

void say_ok() {
    static const char ok[] = "ok\n";
    static_cast<void>(!::write(STDOUT_FILENO, ok, sizeof ok - 1));
}

[[noreturn]] void fail(const char* what) {
    std::fprintf(stderr, "%s: %s\n", life, what);
    ::_exit(1);
}

void must(bool good, const char* what) {
    if (!good) fail(what);
}

bool is(const char* name) { return std::strcmp(life, name) == 0; }

void install() {
    const autopmr::decision decision = autopmr::install_default();
    must(decision.ok(), "install_default failed");
    must(std::pmr::get_default_resource() != std::pmr::new_delete_resource(), "nothing was installed");
}

/// Made before main, gone after it: the first static of this file, so the last to go.
struct static_user {
    static_user() {
        // argv is not here yet: what this process was started as is all there is.
        char arguments[256] = {};
        if (FILE* file = std::fopen("/proc/self/cmdline", "r")) {
            static_cast<void>(!std::fread(arguments, 1, sizeof arguments - 1, file));
            std::fclose(file);
        }
        if (std::string_view(arguments + std::strlen(arguments) + 1) != "static") return;
        life = "static";
        install();
        must(use(), "before main");
        for (const autopmr::backend& one : autopmr::backends()) {
            if (one.why_not().empty()) must(use(&one.resource()), "a backend before main");
        }
        kept = std::make_unique<std::pmr::vector<int>>(1000, 7);
    }
    ~static_user() {
        if (!is("static")) return;
        must(kept->back() == 7, "what was kept since before main");
        kept.reset();
        must(use(), "in a static destructor");
        for (const autopmr::backend& one : autopmr::backends()) {
            if (one.why_not().empty()) must(use(&one.resource()), "a backend in a static destructor");
        }
        must(use(&autopmr::subsystem("late")), "a subsystem made in a static destructor");
        say_ok();
    }
    std::unique_ptr<std::pmr::vector<int>> kept;
} first_static;

/// A thread's own container, destroyed when the thread ends.
struct thread_user {
    std::pmr::vector<int> kept{std::pmr::vector<int>(100, 3)};
    ~thread_user() {
        must(kept.back() == 3, "what the thread kept");
        must(use(), "in a thread_local's destructor");
    }
};

void run_thread_local() {
    install();
    for (int i = 0; i != 8; ++i) {
        std::thread([] {
            thread_local thread_user user;
            must(user.kept.size() == 100, "the thread's container");
            must(use(&autopmr::subsystem("threads")), "a subsystem in a thread");
        }).join();
    }
    thread_local thread_user of_main;  // goes in exit(), before the statics
    must(of_main.kept.size() == 100, "the main thread's container");
    say_ok();
}

void run_fork() {
    install();
    std::pmr::vector<int> before(1000, 5);
    std::atomic<bool>     stop{false};
    std::thread           busy([&] {
        while (!stop) {
            if (malloc_survives_fork) must(use(), "the thread that is busy while another forks");
            else std::this_thread::yield();
        }
    });
    for (int i = 0; i != 20; ++i) {
        const pid_t child = ::fork();
        if (child == 0) {
            ::alarm(20);
            must(before.back() == 5, "the parent's block in the child");
            must(use(), "the default in the child");
            must(use(&autopmr::subsystem("child")), "a new subsystem in the child");
            ::_exit(0);
        }
        int status = 0;
        must(::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0, "a forked child");
    }
    stop = true;
    busy.join();
    say_ok();
}

void run_fork_exec() {
    install();
    const pid_t child = ::fork();
    if (child == 0) {
        must(use(), "between fork and exec");
        ::execl("/proc/self/exe", "lives", "static", static_cast<char*>(nullptr));  // that one prints the "ok"
        fail("exec");
    }
    int status = 0;
    must(::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child after exec");
    must(use(), "the parent after fork and exec");
}

void run_quick_exit() {
    install();
    std::at_quick_exit([] {
        must(use(), "in an at_quick_exit handler");
        say_ok();
    });
    std::quick_exit(0);
}

void run_at_exit() {
    std::atexit([] {  // registered first, so run last
        must(use(), "in an atexit handler");
        must(use(&autopmr::subsystem("at_exit")), "a subsystem in an atexit handler");
        say_ok();
    });
    install();
}

void run_exit_from_thread() {
    install();
    std::atexit([] { must(use(), "in an atexit handler on another thread"); });
    std::thread([] {
        must(use(), "in the thread that exits");
        say_ok();
        std::exit(0);
    }).join();
}

void run_detached() {
    install();
    static std::atomic<unsigned> rounds{0};
    for (int i = 0; i != 2; ++i) {
        std::thread([] {
            for (;;) {
                must(use(), "a detached thread while the program ends");
                ++rounds;
            }
        }).detach();
    }
    while (rounds < 10) std::this_thread::yield();
    say_ok();
    // Returns from main while they run; what the library holds must stay.
}

void run_race() {
    std::atomic<unsigned> waiting{0};
    std::vector<std::thread> racers;
    std::atomic<std::pmr::memory_resource*> seen{nullptr};
    for (int i = 0; i != 64; ++i) {
        racers.emplace_back([&] {
            ++waiting;
            while (waiting != 64) std::this_thread::yield();
            install();
            std::pmr::memory_resource* mine = std::pmr::get_default_resource();
            std::pmr::memory_resource* other = nullptr;
            must(seen.compare_exchange_strong(other, mine) || other == mine, "two threads saw two defaults");
            must(use(), "right after the race");
        });
    }
    for (std::thread& racer : racers) racer.join();
    say_ok();
}

}  // namespace

int main(int argc, char** argv) {
    struct {
        const char* name;
        void (*run)();
    } constexpr lives[] = {{"static", [] { must(use(), "in main"); }},
                           {"thread_local", run_thread_local},
                           {"fork", run_fork},
                           {"fork_exec", run_fork_exec},
                           {"quick_exit", run_quick_exit},
                           {"at_exit", run_at_exit},
                           {"exit_from_thread", run_exit_from_thread},
                           {"detached", run_detached},
                           {"race", run_race}};
    for (const auto& each : lives) {
        if (argc != 2 || std::strcmp(argv[1], each.name) != 0) continue;
        life = each.name;
        each.run();
        return 0;
    }
    std::fprintf(stderr, "lives: name one of the lives that CMakeLists.txt lists\n");
    return 2;
}

// Nothing is lost when the program ends, nor around fork.
#include <autopmr/decorators/tracing.hpp>

#include "src/trace_file_buffers.hpp"
#include "support/child_wishes.hpp"
#include "support/sanitized.hpp"
#include "support/traces.hpp"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <latch>
#include <memory_resource>
#include <mutex>
#include <thread>
#include <vector>

using namespace autopmr;
using namespace autopmr_test;

namespace {

void some_events(std::pmr::memory_resource& traced, int pairs) {
    for (int i = 0; i != pairs; ++i) traced.deallocate(traced.allocate(40, 8), 40, 8);
}

/// Frees in a static destructor that runs after everything the library has registered.
struct frees_at_the_end {
    std::pmr::memory_resource* from = nullptr;
    void*                      block = nullptr;
    ~frees_at_the_end() {
        if (from != nullptr) from->deallocate(block, 99, 1);
    }
};
frees_at_the_end the_last;  // constructed before any trace_file

// Ends as a program does: std::exit in a forked child, which runs what is registered there.
template <class Body>
void program(Body body) {
    must_pass([&]() -> int {
        body();
        std::exit(0);
    });
}

}  // namespace

TEST_CASE("a file that nobody closes is whole when the program ends, threads and late frees included") {
    const trace_path path;
    program([&] {
        auto* file = new trace_file(path.text());  // never destroyed
        auto* traced = new tracing_resource(*file, "x", std::pmr::new_delete_resource());
        the_last.from = traced;
        the_last.block = traced->allocate(99, 1);
        some_events(*traced, 100);
        std::latch done(1);
        std::thread([&] {
            some_events(*traced, 30);
            done.count_down();
            for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
        }).detach();
        done.wait();
    });
    const trace_contents all = undamaged(path);
    CHECK(all.events.size() == 262);
    REQUIRE(!all.events.empty());
    CHECK(all.events.back().op == trace_op::deallocate);
    CHECK(all.events.back().bytes == 99);
    CHECK_FALSE(all.closed);
    CHECK(totals_of(all.events).unmatched == 0);
}

TEST_CASE("a static file is closed when the program ends, and a static that outlives it may go on") {
    const trace_path path;
    program([&] {
        static trace_file file(path.text());
        auto*             traced = new tracing_resource(file, "x", std::pmr::new_delete_resource());
        the_last.from = traced;
        the_last.block = traced->allocate(99, 1);
        some_events(*traced, 100);
    });
    const trace_contents all = undamaged(path);
    CHECK(all.closed);
    CHECK(all.events.size() == 201);
}

TEST_CASE("a child of fork has a file of its own, and the parent's has the parent's events alone") {
    const trace_path path;
    {
        trace_file       file(path.text());
        tracing_resource traced(file, "x", std::pmr::new_delete_resource());
        tracing_resource other(file, "y", std::pmr::new_delete_resource());
        some_events(traced, 100);
        void* inherited = traced.allocate(10, 2);
        must_pass([&] {
            need(file.status().written == 0 && file.status().bytes == 0);
            some_events(traced, 20);
            std::thread([&] { some_events(other, 5); }).join();
            traced.deallocate(inherited, 10, 2);
            need(file.flush() && file.status().written == 51);
            return 0;
        });
        must_pass([] { return 0; });  // one that does not trace makes no file
        some_events(traced, 100);
        traced.deallocate(inherited, 10, 2);
    }
    const trace_contents mine = undamaged(path);
    CHECK(mine.events.size() == 402);
    CHECK(totals_of(mine.events).unmatched == 0);
    const std::vector<std::string> children = path.children();
    REQUIRE(children.size() == 1);
    const trace_contents child = undamaged(children[0]);
    CHECK(child.events.size() == 51);
    CHECK(child.parent == mine.process);
    CHECK(child.process != mine.process);
    CHECK(children[0] == path.text() + "." + std::to_string(child.process));
    CHECK(child.subsystems == std::vector<std::string>{"x", "y"});
}

TEST_CASE("a child that is not to trace counts what it drops") {
    const trace_path path;
    {
        trace_file       file(path.text(), trace_fork::stop);
        tracing_resource traced(file, "x", std::pmr::new_delete_resource());
        some_events(traced, 100);
        must_pass([&] {
            some_events(traced, 20);
            std::thread([&] { some_events(traced, 5); }).join();
            need(file.flush() && file.status().written == 0 && file.status().dropped == 50);
            return 0;
        });
        some_events(traced, 100);
    }
    CHECK(undamaged(path).events.size() == 400);
    CHECK(path.children().empty());
}

TEST_CASE("a child's own child has its own file too") {
    const trace_path path;
    trace_file       file(path.text());
    tracing_resource traced(file, "x", std::pmr::new_delete_resource());
    must_pass([&] {
        must_pass([&] {
            some_events(traced, 3);
            return file.flush() ? 0 : 1;
        });
        some_events(traced, 4);
        return file.flush() ? 0 : 1;
    });
    REQUIRE(path.children().size() == 2);
    CHECK(undamaged(path.children()[0]).events.size() + undamaged(path.children()[1]).events.size() == 14);
}

TEST_CASE("a fork waits for who has just closed a file, or looks at one that found no slot") {
    if (under_tsan) return;  // in the child it takes the parent's other thread for one that leaked
    {
        const trace_path path, another;
        trace_file       file(path.text()), second(another.text());
    }
    REQUIRE(trace_sinks[2].generation != 0);
    REQUIRE(trace_sinks[2].buffers == nullptr);
    for (const std::uint32_t slot : {0u, 2u}) {
        std::latch  held(1);
        std::thread other([&] {  // as leave() does, which makes the slot free before it lets the lock go
            const std::scoped_lock hold(trace_sinks[slot].lock);
            held.count_down();
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        });
        held.wait();
        must_pass([&] { return trace_sinks[slot].lock.try_lock() ? 0 : 1; });
        other.join();
    }
}

TEST_CASE("forks amid tracing threads harm neither side") {
    if (!malloc_survives_fork) {
        WARN("skipped: the sanitizer's malloc does not survive a fork of several threads");
        return;
    }
    const trace_path           path;
    std::atomic<std::uint64_t> events{0};
    {
        trace_file               file(path.text());
        tracing_resource         traced(file, "x", std::pmr::new_delete_resource());
        std::atomic<bool>        stop{false};
        std::vector<std::thread> crowd;
        for (int t = 0; t != 3; ++t)
            crowd.emplace_back([&] {
                while (!stop) {
                    some_events(traced, 1000);
                    events += 2000;
                }
            });
        for (int i = 0; i != 50; ++i)
            must_pass([&] {
                some_events(traced, 100);
                std::thread([&] { some_events(traced, 100); }).join();
                return file.flush() && file.status().written == 400 ? 0 : 1;
            });
        stop = true;
        for (std::thread& thread : crowd) thread.join();
    }
    CHECK(undamaged(path).events.size() == events);
    CHECK(path.children().size() == 50);
    for (const std::string& child : path.children()) CHECK(undamaged(child).events.size() == 400);
}

// A trace file that is used as it should be, and one that can't be written. What fork and the end of a program do to it is in
// trace_file_end_test.cpp.
#include <autopmr/decorators/tracing.hpp>

#include "support/child_wishes.hpp"
#include "support/traces.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <latch>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace autopmr;
using namespace autopmr_test;

namespace {

void some_events(std::pmr::memory_resource& traced, int pairs) {
    for (int i = 0; i != pairs; ++i) traced.deallocate(traced.allocate(40, 8), 40, 8);
}

}  // namespace

TEST_CASE("a file that can't be made is said once, and the program goes on") {
    for (const char* path : {"/no/such/folder/trace", "", "/"}) {
        const std::string error = must_pass([path] {
            trace_file       file(path);
            tracing_resource traced(file, "x", std::pmr::new_delete_resource());
            some_events(traced, 100);
            need(!file.ok() && file.error().find("trace file") == 0);
            need(file.status().dropped == 200 && file.status().written == 0);
            need(!file.flush() && !file.close());
            return 0;
        });
        CHECK(std::count(error.begin(), error.end(), '\n') == 1);
        CHECK(error.find("autopmr: trace file '" + std::string(path)) == 0);
    }
}

TEST_CASE("why a file of a long path can't be made is said: in error() and on standard error") {
    const std::string path = "/no/such" + std::string(3000, 'x') + "/the_trace";
    const std::string error = must_pass([&] {
        const trace_file file(path);
        need(file.error().find("No such file or directory") != std::string_view::npos || file.error().find("too long") != std::string_view::npos);
        need(file.error().find("xxx/the_trace'") != std::string_view::npos);
        return 0;
    });
    CHECK(error.find("xxx/the_trace': can't be made: ") != error.npos);
    CHECK(error.find("; its events are dropped\n") != error.npos);
}

TEST_CASE("a full disk is said once, and every event is counted as written or dropped") {
    const std::string error = must_pass([] {
        trace_file       file("/dev/full");
        tracing_resource traced(file, "x", std::pmr::new_delete_resource());
        some_events(traced, 20000);
        need(!file.ok() && file.status().written == 0 && file.status().dropped == 40000);
        return 0;
    });
    CHECK(error.find("No space left") != error.npos);
    CHECK(std::count(error.begin(), error.end(), '\n') == 1);
}

TEST_CASE("a limit of file sizes ends the trace and not the program, and what is whole can be read") {
    const trace_path  path;
    const std::string error = must_pass([&] {
        const rlimit limit{200000, 200000};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        trace_file               file(path.text());
        tracing_resource         traced(file, "x", std::pmr::new_delete_resource());
        std::latch               half(4);
        std::vector<std::thread> crowd;
        for (int t = 0; t != 4; ++t)
            crowd.emplace_back([&] {
                some_events(traced, 5000);
                half.arrive_and_wait();  // each has a buffer when the file fails
                some_events(traced, 20000);
            });
        for (std::thread& thread : crowd) thread.join();
        need(!file.ok());
        const trace_status now = file.status();
        need(now.written + now.dropped == 4 * 25000 * 2);
        need(now.written != 0);
        sigset_t waiting;
        ::sigpending(&waiting);
        need(::sigismember(&waiting, SIGXFSZ) == 0);
        return 0;
    });
    CHECK(error.find("File too large") != error.npos);
    CHECK(std::count(error.begin(), error.end(), '\n') == 1);
    const trace_contents all = read_trace_file(path.text().c_str());
    CHECK(all.ok());
    CHECK(all.damage.find("the file ends in") == 0);
    CHECK_FALSE(all.closed);
    CHECK(all.events.size() > 10000);
}

TEST_CASE("a pipe that nobody reads any more ends the trace and not the program") {
    const trace_path path;
    must_pass([&] {
        need(::mkfifo(path.text().c_str(), 0600) == 0);
        const int        reader = ::open(path.text().c_str(), O_RDONLY | O_NONBLOCK);
        trace_file       file(path.text());
        tracing_resource traced(file, "x", std::pmr::new_delete_resource());
        some_events(traced, 10);
        need(file.flush());
        ::close(reader);
        some_events(traced, 10);
        need(!file.flush() && file.status().written == 20 && file.status().dropped == 20);
        return 0;
    });
    trace_file nobody_reads(path.text());  // opening does not wait
    CHECK_FALSE(nobody_reads.ok());
}

TEST_CASE("errno is as it was, whatever happens to the file") {
    errno = 0;
    trace_file       file("/dev/full");
    tracing_resource traced(file, "x", std::pmr::new_delete_resource());
    errno = 77;
    some_events(traced, 100);
    CHECK(errno == 77);
}

TEST_CASE("events after the file was closed are dropped, and counted while it is there") {
    const trace_path          path;
    std::optional<trace_file> file(path.text());
    tracing_resource          traced(*file, "x", std::pmr::new_delete_resource());
    some_events(traced, 50);
    CHECK(file->close());
    CHECK(file->close());
    some_events(traced, 7);
    CHECK(file->status().written == 100);
    CHECK(file->status().dropped == 14);
    file.reset();
    some_events(traced, 7);
    const trace_path          other;
    std::optional<trace_file> second(other.text());  // in whichever slot
    tracing_resource          traced_second(*second, "y", std::pmr::new_delete_resource());
    some_events(traced, 7);
    some_events(traced_second, 3);
    second.reset();
    CHECK(undamaged(path).events.size() == 100);
    CHECK(undamaged(other).events.size() == 6);
}

TEST_CASE("a file may go while threads hold buffers of it") {
    const trace_path                path;
    std::optional<trace_file>       file(path.text());
    std::optional<tracing_resource> traced(std::in_place, *file, "x", std::pmr::new_delete_resource());
    std::latch                      traced_some(8), gone(1);
    std::vector<std::thread>        crowd;
    std::optional<trace_file>       next;
    std::optional<tracing_resource> traced_next;
    const trace_path                next_path;
    for (int t = 0; t != 8; ++t)
        crowd.emplace_back([&] {
            some_events(*traced, 1000);
            traced_some.count_down();
            gone.wait();
            some_events(*traced_next, 10);
        });
    traced_some.wait();
    file.reset();
    traced.reset();
    next.emplace(next_path.text());  // takes the slot, and so the cells
    traced_next.emplace(*next, "next", std::pmr::new_delete_resource());
    gone.count_down();
    for (std::thread& thread : crowd) thread.join();
    next.reset();
    CHECK(undamaged(path).events.size() == 16000);
    const trace_contents all = undamaged(next_path);
    CHECK(all.events.size() == 160);
    CHECK(all.subsystems == std::vector<std::string>{"next"});
}

TEST_CASE("closing while threads trace loses no event uncounted but those of that moment") {
    for (int round = 0; round != 20; ++round) {
        const trace_path         path;
        trace_file               file(path.text());
        tracing_resource         traced(file, "x", std::pmr::new_delete_resource());
        std::latch               started(4);
        std::vector<std::thread> crowd;
        for (int t = 0; t != 4; ++t)
            crowd.emplace_back([&] {
                started.arrive_and_wait();
                some_events(traced, 3000);
            });
        started.wait();
        if (round % 2 == 0) file.flush();
        file.close();
        for (std::thread& thread : crowd) thread.join();
        const trace_status now = file.status();
        CHECK(now.written + now.dropped == 4 * 6000);
        CHECK(undamaged(path).events.size() == now.written);
    }
}

TEST_CASE("as many files as there are slots are open at once, and slots come back") {
    std::vector<std::unique_ptr<trace_path>>       paths;
    std::vector<std::unique_ptr<trace_file>>       files;
    std::vector<std::unique_ptr<tracing_resource>> traced;
    for (int i = 0; i != 63; ++i) {
        paths.push_back(std::make_unique<trace_path>());
        files.push_back(std::make_unique<trace_file>(paths.back()->text()));
        traced.push_back(
            std::make_unique<tracing_resource>(*files.back(), std::to_string(i), std::pmr::new_delete_resource()));
        REQUIRE(files.back()->ok());
    }
    for (int round = 0; round != 10; ++round)
        for (std::size_t i = 0; i != traced.size(); ++i) some_events(*traced[i], static_cast<int>(i));
    must_pass([] {
        trace_file       one_more("/dev/null");
        tracing_resource nothing(one_more, "x", std::pmr::new_delete_resource());
        some_events(nothing, 10);
        need(!one_more.ok() && !one_more.flush() && one_more.error().find("63") != std::string_view::npos);
        return 0;
    });
    files.clear();
    for (std::size_t i = 0; i != paths.size(); ++i) {
        const trace_contents all = undamaged(paths[i]->text());
        CHECK(all.events.size() == 20 * i);
        CHECK(all.subsystems == std::vector<std::string>{std::to_string(i)});
    }
    traced.clear();
    for (int i = 0; i != 200; ++i) CHECK(trace_file("/dev/null").ok());
}

TEST_CASE("names: the same is the same subject, long ones are cut, and past 1023 they share one") {
    const trace_path path;
    {
        trace_file file(path.text());
        for (int round = 0; round != 2; ++round)
            for (int i = 0; i != 1100; ++i) {
                tracing_resource traced(file, "name " + std::to_string(i), std::pmr::new_delete_resource());
                some_events(traced, 1);
            }
        static_cast<void>(file.subject(std::string(1000, 'x')));
    }
    const trace_contents all = undamaged(path);
    REQUIRE(all.subsystems.size() == 1024);
    CHECK(all.subsystems[1022] == "name 1022");
    CHECK(all.subsystems[1023] == "(others)");
    CHECK(std::count_if(all.events.begin(), all.events.end(), [](const auto& e) { return e.subsystem == 1023; }) ==
          2 * 2 * 77);
    CHECK(std::count_if(all.events.begin(), all.events.end(), [](const auto& e) { return e.subsystem == 5; }) == 4);
    const trace_path long_name;
    static_cast<void>(trace_file(long_name.text()).subject(std::string(1000, 'x')));
    CHECK(undamaged(long_name).subsystems == std::vector<std::string>{std::string(255, 'x')});
}

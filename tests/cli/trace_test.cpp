// `autopmr trace`: the summary, the list and JSON of a file that was traced here; and files that are none.

#include "cli/run_program.hpp"
#include "src/cli/trace_summary.hpp"
#include "support/traces.hpp"

#include <autopmr/decorators/tracing.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory_resource>

using namespace autopmr;
using namespace autopmr_test;
using nlohmann::json;

namespace {

/// In "kept" 3 blocks of 100 bytes of which one stays, in "gone" one of 5000; one request fails.
void trace_some(const std::string& path) {
    trace_file       file(path);
    tracing_resource kept(file, "kept", std::pmr::new_delete_resource()),
        gone(file, "gone", std::pmr::new_delete_resource());
    tracing_resource none(file, "none\x1b", std::pmr::null_memory_resource());
    void *a = kept.allocate(100, 8), *b = kept.allocate(100, 8), *c = kept.allocate(100, 8), *d = gone.allocate(5000, 64);
    kept.deallocate(a, 100, 8);
    gone.deallocate(d, 5000, 64);
    kept.deallocate(b, 100, 8);
    CHECK_THROWS_AS(none.allocate(1, 1), std::bad_alloc);
    std::pmr::new_delete_resource()->deallocate(c, 100, 8);  // never freed, as far as the trace can tell
}

}  // namespace

TEST_CASE("trace sums a file up") {
    const trace_path path;
    trace_some(path);
    const outcome text = autopmr_with({"trace", path.text()});
    CHECK(text.status == 0);
    CHECK(text.err.empty());
    for (const char* part :
        {"8, of 1 threads", "closed", "kept", "gone", "Never freed", "kept  1 blocks of 100 bytes", "none?"}) {
        CAPTURE(part, text.out);
        CHECK(contains(text.out, part));
    }
    const json all = json::parse(autopmr_with({"trace", "--json", path.text()}).out);
    CHECK(all["closed"] == true);
    CHECK(all["damage"].is_null());
    CHECK(all["parent"].is_null());
    CHECK(all["threads"] == 1);
    CHECK(all["all"]["allocations"] == 4);
    CHECK(all["all"]["failures"] == 1);
    CHECK(all["all"]["peak"] == 5300);
    CHECK(all["all"]["live"] == 100);
    CHECK(all["subsystems"][0]["peak"] == 300);
    CHECK(all["subsystems"][1]["bytes"] == 5000);
    CHECK(all["sizes"][0]["size"] == 5000);
    CHECK(all["left"] == json::parse(R"([{"subsystem": 0, "size": 100, "blocks": 1, "bytes": 100}])"));
    CHECK_FALSE(all.contains("events"));
}

TEST_CASE("trace lists every event") {
    const trace_path path;
    trace_some(path);
    const outcome list = autopmr_with({"trace", "--events", path.text()});
    CHECK(list.status == 0);
    CHECK(std::count(list.out.begin(), list.out.end(), '\n') == 8);
    CHECK(contains(list.out, " 5000 64 gone\n"));
    CHECK(contains(list.out, " failed 0x0 1 1 none?\n"));
    const json all = json::parse(autopmr_with({"trace", "--events", "--json", path.text()}).out);
    REQUIRE(all["events"].size() == 8);
    CHECK(all["events"][3]["op"] == "allocate");
    CHECK(all["events"][3]["size"] == 5000);
    CHECK(all["events"][5]["op"] == "deallocate");
}

TEST_CASE("trace says what is wrong with a file") {
    const trace_path path;
    trace_some(path);
    const std::string    good = bytes_of(path);
    const scratch_folder folder;
    const outcome        cut = autopmr_with({"trace", folder.file("cut", good.substr(0, good.size() - 10))});
    CHECK(cut.status == 1);
    CHECK(contains(cut.out, "not closed"));
    CHECK(is_one_line(cut.err));
    CHECK(contains(cut.err, "read in part: the file ends in the chunk that begins at offset "));
    for (const std::string& other :
        {folder.file("other", "something else"), folder.file("empty", ""), folder.path() + "/missing"}) {
        const outcome end = autopmr_with({"trace", other});
        CHECK(end.status == 1);
        CHECK(end.out.empty());
        CHECK(is_one_line(end.err));
        CHECK(contains(end.err, "autopmr: " + other + ": "));
    }
    CHECK(autopmr_with({"trace"}).status == 2);
}

TEST_CASE("a free with another size, and one of what was never allocated, do not match") {
    trace_contents trace;
    const auto     add = [&](trace_op op, std::uint64_t address, std::uint64_t bytes) {
        traced_event event;
        event.op = op;
        event.address = address;
        event.bytes = bytes;
        event.time = event.until = 1000 * (trace.events.size() + 1);
        trace.events.push_back(event);
    };
    add(trace_op::allocate, 8, 10);
    add(trace_op::deallocate, 8, 11);
    add(trace_op::deallocate, 16, 1);
    const cli::trace_summary sum = cli::summary_of(trace);
    CHECK(sum.all.unmatched == 2);
    CHECK(sum.all.live == 0);
    CHECK(sum.subsystems.size() == 1);
    CHECK(sum.subsystems[0].name == "?");
    CHECK(sum.lifetimes[1].blocks == 1);
    CHECK(cli::summary_of({}).all.allocations == 0);
}

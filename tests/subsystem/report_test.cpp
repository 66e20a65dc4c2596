// What subsystems show of themselves.
#include <autopmr/subsystem.hpp>

#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <set>
#include <string>

using namespace autopmr;

namespace {

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

TEST_CASE("every subsystem is visited once, parents before children") {
    (void)subsystem("visit.a.b");
    (void)subsystem("visit.a.c");
    std::set<std::string_view> seen;
    bool                       parents_first = true;
    for_each_subsystem([&](const subsystem_resource& s) {
        if (s.parent() != nullptr) parents_first = parents_first && seen.count(s.parent()->name()) == 1;
        CHECK(seen.insert(s.name()).second);
    });
    CHECK(parents_first);
    CHECK(seen.count("") == 1);
    CHECK(seen.count("visit.a.c") == 1);
}

TEST_CASE("the table and the JSON show what is there") {
    REQUIRE(configure("shown", {{}, std::size_t{3} << 20, {}, {}}).ok());
    subsystem_resource& s = subsystem("shown.part");
    void* const         block = s.allocate(1536);

    const std::string rounded = subsystem_table();
    const std::string exact = subsystem_table(size_style::exact);
    CHECK(contains(rounded, "1.5 KiB"));
    CHECK(contains(rounded, "3.0 MiB"));
    CHECK(contains(exact, "1536"));
    CHECK(contains(exact, "3145728"));
    std::set<std::size_t> starts;  // of the column "limit from", the last: aligned in every row
    for (std::size_t begin = 0, end; (end = exact.find('\n', begin)) != std::string::npos; begin = end + 1) {
        const std::string line = exact.substr(begin, end - begin);
        starts.insert(line.rfind("  ") + 2);
    }
    CHECK(starts.size() == 1);

    const auto json = nlohmann::json::parse(subsystem_json());
    CHECK(json["schema"] == 1);
    bool found = false;
    for (const auto& entry : json["subsystems"]) {
        if (entry["name"] == "shown") {
            CHECK(entry["limit"] == 3u << 20);
            CHECK(entry["from"]["limit"] == "program");
        }
        if (entry["name"] == "") CHECK(entry["parent"].is_null());
        if (entry["name"] != "shown.part") continue;
        found = true;
        CHECK(entry["parent"] == "shown");
        CHECK(entry["live"] == 1536);
        CHECK(entry["count"] == 1);
        CHECK(entry["limit"].is_null());
        CHECK(entry["own_heap"] == false);
        CHECK(entry["guard"] == "none");
        for (const char* key : {"backend", "peak", "peak_error", "total", "failures"}) CHECK(entry.contains(key));
    }
    CHECK(found);
    s.deallocate(block, 1536);
}

#include <autopmr/adapters/nlohmann.hpp>
#include <autopmr/autopmr.hpp>

#include <string>

#include "tests/adapters/support/each_failure.hpp"
#include "tests/support/catch.hpp"

using autopmr::thread_json;
using autopmr::thread_resource_scope;
using autopmr_test::traffic;

namespace {

const char* const document = R"({"table": [{"name": "a name of more than a few letters", "codes": [1, 2, 3, 4.5, null, true]},
    {"name": "another name of more than a few letters", "nested": {"deep": {"deeper": ["x", "y", {"z": {}}]}}}]})";

}  // namespace

TEST_CASE("what nlohmann's json parses lies in the thread's resource, and comes back from anywhere") {
    traffic     at;
    thread_json parsed;
    {
        const thread_resource_scope scope(&at);
        parsed = thread_json::parse(document);
        CHECK(at.now().live >= 20);
    }
    const std::size_t before = at.now().allocations;
    parsed["added"] = "outside of the scope, and longer than what a string keeps inside";
    CHECK(at.now().allocations == before);
    CHECK(parsed["table"].size() == 2);
    parsed = nullptr;
    CHECK(at.settled());
}

TEST_CASE("whatever is refused, nlohmann's json throws bad_alloc and keeps the books") {
    traffic    at;
    const auto got = autopmr_test::each_failure_throws(at, [](traffic& upstream) {
        const thread_resource_scope scope(&upstream);
        const thread_json           parsed = thread_json::parse(R"({"a": [1, 2, {"b": "a text that is too long to be kept inside"}], "c": {"d": []}})");
        REQUIRE(parsed.size() == 2);
    });
    CHECK(got.traffic > 10);
}

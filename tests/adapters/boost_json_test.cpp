#include <autopmr/adapters/boost_json.hpp>
#include <autopmr/autopmr.hpp>

#include <boost/json.hpp>

#include <fstream>
#include <iterator>
#include <string>

#include "tests/adapters/support/each_failure.hpp"
#include "tests/support/catch.hpp"

using autopmr::boost_resource;
using autopmr_test::traffic;
namespace json = boost::json;

namespace {

const char* const document = R"({"table": [{"name": "a name of more than a few letters", "codes": [1, 2, 3, 4.5, null, true]},
    {"name": "another name of more than a few letters", "nested": {"deep": {"deeper": ["x", "y", {"z": {}}]}}}]})";

std::string languages() {
    std::ifstream file("/usr/share/iso-codes/json/iso_639-3.json");
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("what Boost.JSON parses lies in the resource, and all of it comes back") {
    traffic        at;
    boost_resource over(&at);
    {
        const json::value parsed = json::parse(document, &over);
        CHECK(parsed.at("table").as_array().size() == 2);
        CHECK(at.now().live >= 8);
        const json::value copied(parsed, &over);
        CHECK(copied == parsed);
    }
    CHECK(at.settled());
    CHECK_FALSE(json::storage_ptr(&over).is_deallocate_trivial());
}

TEST_CASE("over an arena JSON destroys nothing, and the arena takes it all") {
    traffic                 at;
    autopmr::arena_resource arena(&at);
    boost_resource          over(&arena);
    CHECK(json::storage_ptr(&over).is_deallocate_trivial());
    for (int round = 0; round < 3; ++round) {
        { CHECK(json::parse(document, &over).at("table").as_array().size() == 2); }
        CHECK(arena.now().used > 500);
        arena.reset();
    }
    CHECK(at.now().allocations == arena.now().chunks);
    arena.release();
    CHECK(at.settled());

    std::pmr::monotonic_buffer_resource buffer;
    boost_resource                      over_std(&buffer);
    CHECK(json::storage_ptr(&over_std).is_deallocate_trivial());
}

TEST_CASE("a real document has the traffic that it has") {
    const std::string text = languages();
    if (text.empty()) {
        WARN("no iso-codes here");
        return;
    }
    traffic        at;
    boost_resource over(&at);
    { CHECK(json::parse(text, &over).at("639-3").as_array().size() > 7000); }
    CHECK(at.now().allocations > 40000);
    CHECK(at.settled());
}

TEST_CASE("whatever is refused, Boost.JSON throws bad_alloc and keeps the books") {
    traffic    at;
    const auto got = autopmr_test::each_failure_throws(at, [](traffic& upstream) {
        boost_resource    over(&upstream);
        const json::value parsed = json::parse(document, &over);
        const json::value copied(parsed, &over);
    });
    CHECK(got.traffic > 15);
}

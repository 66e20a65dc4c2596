#include <autopmr/adapters/tsl.hpp>

#include <string>

#include "tests/adapters/support/each_failure.hpp"
#include "tests/adapters/support/map.hpp"
#include "tests/support/catch.hpp"

using autopmr_test::traffic;

namespace {

using map = autopmr::robin::robin_map<int, std::string>;

}  // namespace

TEST_CASE("a map allocates from its resource, and takes it along when it moves and swaps") {
    autopmr_test::takes_its_resource_along<map>();
}

TEST_CASE("whatever is refused, a map throws bad_alloc and keeps the books") {
    traffic    at;
    const auto got = autopmr_test::each_failure_throws(at, [](traffic& upstream) {
        map one(&upstream);
        autopmr_test::fill(one, 1000);
        REQUIRE(one.at(7) == "7");
    });
    CHECK(got.traffic > 5);
}

#include <autopmr/both_from.hpp>

#include "support/catch.hpp"

#include <string>
#include <type_traits>

using autopmr::both_from;

namespace {
struct sized {
    int value = 7;
    sized() = default;
    explicit sized(int v) : value(v) {}
    sized(const sized&) = delete;
};
}  // namespace

TEST_CASE("the first takes what it can, the second the rest") {
    both_from<sized, std::string> both(3, "rest");
    CHECK(both.first.value == 3);
    CHECK(both.second == "rest");
    both_from<sized, std::string> only_rest("rest");
    CHECK(only_rest.first.value == 7);
    CHECK(only_rest.second == "rest");
    both_from<sized, std::string> only_first(5);
    CHECK(only_first.first.value == 5);
    CHECK(only_first.second.empty());
    both_from<sized, std::string> neither;
    CHECK(neither.first.value == 7);
}

TEST_CASE("what fits neither is not constructible") {
    CHECK_FALSE(std::is_constructible_v<both_from<sized, std::string>, std::nullptr_t*>);
    CHECK_FALSE(std::is_constructible_v<both_from<sized, std::string>, int, int, int, int>);
}

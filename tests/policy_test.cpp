#include <autopmr/policy.hpp>

#include "support/catch.hpp"

using namespace autopmr;

TEST_CASE("a result without an error is good") {
    policy_result result;
    CHECK(result.ok());
    result.warn("one");
    result.warn("two");
    CHECK(result.ok());
    CHECK(result.warnings() == "one\ntwo");
    result.fail("no");
    CHECK_FALSE(result.ok());
    CHECK(result.error() == "no");
}

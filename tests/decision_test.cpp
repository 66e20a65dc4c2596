#include <autopmr/decision.hpp>

#include "support/catch.hpp"

using namespace autopmr;

TEST_CASE("an empty decision is no decision") {
    const decision none;
    CHECK_FALSE(none.ok());
    CHECK(&none.resource() == std::pmr::null_memory_resource());
}

TEST_CASE("a decision stays below 16 KiB") { CHECK(sizeof(decision) <= 16 * 1024); }

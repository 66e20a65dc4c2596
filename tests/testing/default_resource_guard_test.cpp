#include <autopmr/testing/default_resource_guard.hpp>

#include <autopmr/testing/test_resource.hpp>

#include "support/catch.hpp"

#include <memory_resource>
#include <string>

using namespace autopmr::testing;

TEST_CASE("a guard sets the default for its scope, and guards nest") {
    std::pmr::memory_resource* const before = std::pmr::get_default_resource();
    test_resource                    outer, inner;
    {
        const default_resource_guard first(&outer);
        CHECK(std::pmr::get_default_resource() == &outer);
        {
            const default_resource_guard second(&inner);
            CHECK(std::pmr::get_default_resource() == &inner);
        }
        CHECK(std::pmr::get_default_resource() == &outer);
    }
    CHECK(std::pmr::get_default_resource() == before);
}

TEST_CASE("who falls through to the default is seen") {
    test_resource                instead;
    const default_resource_guard guard(&instead);
    std::pmr::string             text("a text that is too long to stay inside of the string itself");
    CHECK(instead.blocks_in_use() == 1);
}

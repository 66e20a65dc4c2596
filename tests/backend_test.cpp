#include <autopmr/backend.hpp>
#include <autopmr/backends/new_delete.hpp>
#include <autopmr/backends/system.hpp>
#include <autopmr/errors.hpp>
#include <autopmr/selector.hpp>

#include "support/catch.hpp"

#include <memory_resource>
#include <type_traits>

using namespace autopmr;

TEST_CASE("a backend's resource says what it is and stands on nothing") {
    for (const backend& b : backends()) {
        auto& bottom = static_cast<layer&>(b.resource());
        CHECK(bottom.name() == b.name);
        CHECK(bottom.upstream_resource() == nullptr);
        CHECK(&b.resource() == &b.resource());
    }
}

TEST_CASE("objects of a backend's type share its allocator but are told apart") {
    system_resource mine;
    CHECK(mine.is_equal(mine));
    CHECK_FALSE(mine.is_equal(system_backend.resource()));
    CHECK_FALSE(mine.is_equal(new_delete_backend.resource()));
    system_backend.deallocate(mine.allocate(100, 8), 100, 8);
    STATIC_REQUIRE(std::is_final_v<system_resource>);
}

TEST_CASE("a backend that can't serve refuses, and says so in the exception") {
    for (const backend& b : backends()) {
        if (b.why_not().empty()) continue;
        CAPTURE(b.name, b.why_not());
        try {
            (void)b.resource().allocate(24, 8);
            FAIL("it served");
        } catch (const out_of_memory& e) {
            CHECK(e.bytes() == 24);
            CHECK(e.resource() == b.name);
        }
        CHECK_THROWS_AS(b.resource().allocate(24, 3), bad_alignment);
        CHECK_THROWS_AS(b.allocate(24, 4096), out_of_memory);
    }
}

TEST_CASE("a refusal carries what was asked for, not what it was rounded to") {
    try {
        (void)new_delete_backend.allocate(1, 3);
        FAIL("it served");
    } catch (const bad_alignment& e) {
        CHECK(e.bytes() == 1);
        CHECK(e.alignment() == 3);
        CHECK(std::string_view(e.resource()) == "new_delete");
    }
}

#include <autopmr/autopmr.hpp>

#include "support/catch.hpp"

TEST_CASE("one include brings the names that programs use") {
    static_assert(autopmr::platform_choice({autopmr::operating_system::ios, autopmr::c_library::darwin}) == "system");
    const autopmr::decision got = autopmr::choose(autopmr::gather());
    CHECK(got == autopmr::select());
    CHECK(autopmr::find_backend("system") != nullptr);
    CHECK(autopmr::backends().size() >= 9);
    CHECK_FALSE(autopmr::default_decision().ok());
    autopmr::sentinel_resource sentinel;
    CHECK(sentinel.allocations() == 0);
}

#include <autopmr/adapters/new_delete.hpp>
#include <autopmr/autopmr.hpp>

#include <memory_resource>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"

TEST_CASE("a resource over new_delete_resource serves operator new without recursion; older blocks go back to malloc") {
    auto* const before = new std::string(1000, 'b');
    static auto& counted = autopmr::make_immortal<autopmr::statistics_resource>(std::pmr::new_delete_resource());
    static auto& pool = autopmr::make_immortal<autopmr::pool_resource>();  // static: LeakSanitizer sees who holds them
    CHECK(autopmr::route_new_delete(&pool, "pool").what == autopmr::install_answer::one_thread_only);
    REQUIRE(autopmr::route_new_delete(&counted, "this test"));
    std::pmr::set_default_resource(&counted);
    const auto then = counted.observer().now();
    delete before;
    {
        std::vector<std::string>           some(100, std::string(100, 'x'));
        std::pmr::vector<std::pmr::string> more(100, std::pmr::string(100, 'x'));
        CHECK(counted.observer().now().count - then.count >= 202);
    }
    CHECK(counted.observer().now().live == then.live);
    CHECK_THROWS_AS(::operator new(PTRDIFF_MAX), std::bad_alloc);
    CHECK(::operator new(SIZE_MAX, std::nothrow) == nullptr);
    std::pmr::set_default_resource(nullptr);
}

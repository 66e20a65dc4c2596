#include <autopmr/decorators/statistics.hpp>

#include "support/catch.hpp"

#include <memory_resource>
#include <new>
#include <vector>

using autopmr::statistics_resource;

TEST_CASE("statistics count what passes") {
    statistics_resource counted(std::pmr::new_delete_resource());
    {
        std::pmr::vector<int> numbers({1, 2, 3}, &counted);
        const auto            u = counted.observer().now();
        CHECK(u.live == 3 * sizeof(int));
    }
    const auto u = counted.observer().now();
    CHECK(u.live == 0);
    CHECK(u.total == 3 * sizeof(int));
    CHECK(u.count == 1);
    CHECK(u.failures == 0);
}

TEST_CASE("statistics count a failure of the upstream, and nothing else of it") {
    statistics_resource counted(std::pmr::null_memory_resource());
    CHECK_THROWS_AS(counted.allocate(10), std::bad_alloc);
    const auto u = counted.observer().now();
    CHECK(u.failures == 1);
    CHECK(u.live == 0);
    CHECK(u.total == 0);
    CHECK(u.count == 0);
    CHECK(u.peak == 0);
}

TEST_CASE("the upstream of statistics is the default resource unless it is given") {
    statistics_resource counted;
    CHECK(counted.upstream_resource() == std::pmr::get_default_resource());
    CHECK(counted.name() == "statistics");
}

TEST_CASE("a large failure does not stay in the peak of statistics") {
    statistics_resource counted(std::pmr::null_memory_resource());
    CHECK_THROWS_AS(counted.allocate(std::size_t{1} << 50), std::bad_alloc);
    CHECK(counted.observer().now().peak == 0);
}

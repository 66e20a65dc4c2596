#include <autopmr/testing/test_resource_monitor.hpp>

#include <autopmr/testing/test_resource.hpp>

#include "support/catch.hpp"

#include <memory_resource>
#include <type_traits>
#include <vector>

using namespace autopmr::testing;

static_assert(!std::is_constructible_v<test_resource_monitor, test_resource&&>, "one that is gone can't be watched");

TEST_CASE("a monitor tells what changed since it was made") {
    test_resource          resource;
    std::pmr::vector<char> before(10, &resource);
    test_resource_monitor  monitor(resource);
    CHECK(monitor.is_in_use_same());
    CHECK(monitor.is_max_same());
    CHECK(monitor.is_total_same());
    {
        std::pmr::vector<char> more(100, &resource);
        CHECK(monitor.is_in_use_up());
        CHECK_FALSE(monitor.is_in_use_same());
        CHECK_FALSE(monitor.is_in_use_down());
        CHECK(monitor.is_max_up());
        CHECK(monitor.is_total_up());
        CHECK(monitor.delta_bytes_in_use() == 100);
    }
    CHECK(monitor.is_in_use_same());
    CHECK(monitor.is_max_up());
    CHECK_FALSE(monitor.is_max_same());
    CHECK_FALSE(monitor.is_total_same());
    CHECK(monitor.delta_blocks_in_use() == 0);
    CHECK(monitor.delta_max_blocks() == 1);
    CHECK(monitor.delta_total_blocks() == 1);

    before = std::pmr::vector<char>(&resource);
    CHECK(monitor.is_in_use_down());
    CHECK_FALSE(monitor.is_in_use_up());
    CHECK(monitor.delta_blocks_in_use() == -1);
    monitor.reset();
    CHECK(monitor.is_in_use_same());
    CHECK(monitor.is_total_same());
}

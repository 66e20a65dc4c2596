#include "shared.hpp"
#include "support/catch.hpp"

#include <memory_resource>
#include <new>

using namespace autopmr;

static_assert(std::is_same_v<observed<tally>, observed<tally, resource_ptr, with_exceptions>>);

TEST_CASE("code without exceptions does not take the undo away from code with them") {
    CHECK(round_trip_without(std::pmr::new_delete_resource()) == 0);

    observed<tally> failing(std::pmr::null_memory_resource());
    CHECK_THROWS_AS(failing.allocate(10), std::bad_alloc);
    CHECK(failing.observer().out == 0);

    observed<chain<tally, limit>> refusing(5, std::pmr::new_delete_resource());
    CHECK_THROWS_AS(refusing.allocate(10), limit_exceeded);
    CHECK(refusing.observer().get<tally>().out == 0);
}

TEST_CASE("a named decorator undoes even when it is called from code without exceptions") {
    limit_resource bounded(1000, std::pmr::null_memory_resource());
    CHECK_THROWS_AS(take_without(bounded, 10), std::bad_alloc);
    CHECK(bounded.observer().now().live == 0);
    CHECK(bounded.observer().now().failures == 1);
}

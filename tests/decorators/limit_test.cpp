#include <autopmr/decorators/limit.hpp>

#include "support/catch.hpp"

#include <memory_resource>
#include <new>

using autopmr::limit_exceeded;
using autopmr::limit_resource;

TEST_CASE("a limit refuses what does not fit, and says so") {
    limit_resource bounded(100, std::pmr::new_delete_resource());
    void*          block = bounded.allocate(60);
    try {
        static_cast<void>(bounded.allocate(41, 8));
        FAIL("not refused");
    } catch (const limit_exceeded& refusal) {
        CHECK(refusal.bytes() == 41);
        CHECK(refusal.alignment() == 8);
        CHECK(refusal.limit() == 100);
    }
    void* rest = bounded.allocate(40);
    CHECK(bounded.observer().now().live == 100);
    bounded.deallocate(block, 60);
    bounded.deallocate(rest, 40);
    CHECK(bounded.observer().now().live == 0);
    CHECK(bounded.observer().now().failures == 1);
}

TEST_CASE("a failure of the upstream leaves the budget as it was") {
    limit_resource bounded(100, std::pmr::null_memory_resource());
    CHECK_THROWS_AS(bounded.allocate(100), std::bad_alloc);
    CHECK(bounded.observer().now().live == 0);
    CHECK(bounded.observer().now().total == 0);
    CHECK_THROWS_AS(bounded.allocate(101), limit_exceeded);
}

TEST_CASE("a request past all memory is refused") {
    limit_resource bounded(autopmr::ledger::no_limit, std::pmr::new_delete_resource());
    CHECK_THROWS_AS(bounded.allocate(SIZE_MAX), limit_exceeded);
    CHECK_THROWS_AS(bounded.allocate(SIZE_MAX / 2 + 2), limit_exceeded);
    CHECK(bounded.observer().now().live == 0);
}

TEST_CASE("a limit lowered below what is live refuses until enough has gone") {
    limit_resource bounded(1000, std::pmr::new_delete_resource());
    void*          a = bounded.allocate(500);
    void*          b = bounded.allocate(300);
    bounded.observer().set_bytes(400);
    CHECK_THROWS_AS(bounded.allocate(1), limit_exceeded);
    bounded.deallocate(b, 300);
    CHECK_THROWS_AS(bounded.allocate(1), limit_exceeded);
    bounded.deallocate(a, 500);
    a = bounded.allocate(400);
    CHECK_THROWS_AS(bounded.allocate(1), limit_exceeded);
    bounded.observer().set_bytes(401);
    b = bounded.allocate(1);
    bounded.deallocate(a, 400);
    bounded.deallocate(b, 1);
}

TEST_CASE("a large failure of the upstream does not stay in the peak") {
    constexpr std::size_t huge = std::size_t{1} << 50;
    limit_resource        bounded(2 * huge, std::pmr::null_memory_resource());
    CHECK_THROWS_AS(bounded.allocate(huge), std::bad_alloc);
    CHECK(bounded.observer().now().peak <= autopmr::ledger::batch);
    limit_resource willing(2 * huge, std::pmr::new_delete_resource());
    void*          block = willing.allocate(1 << 20);
    willing.deallocate(block, 1 << 20);
    const auto u = willing.observer().now();
    CHECK(u.peak >= 1 << 20);
    CHECK(u.peak - u.peak_error <= 1 << 20);
}

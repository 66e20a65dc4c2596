#include <autopmr/decorators/segregating_resource.hpp>

#include "support/catch.hpp"
#include "support/exact_upstream.hpp"

#include <new>

using autopmr::segregating_resource;
using autopmr_test::exact_upstream;

TEST_CASE("blocks of at most the threshold come from the first, larger ones from the second, and go back there") {
    exact_upstream             small, large;
    segregating_resource       by_size(64, &small, &large);
    std::pmr::memory_resource& base = by_size;
    for (std::size_t bytes : {0, 1, 63, 64, 65, 100000}) {
        void* block = bytes % 2 == 0 ? base.allocate(bytes, 32) : by_size.allocate(bytes, 32);
        CHECK(small.live() == (bytes <= 64 ? 1 : 0));
        CHECK(large.live() == (bytes <= 64 ? 0 : 1));
        if (bytes % 3 == 0) base.deallocate(block, bytes, 32);
        else by_size.deallocate(block, bytes, 32);
        CHECK(small.live() + large.live() == 0);
    }
    CHECK(small.complaints() + large.complaints() == 0);
    CHECK(by_size.upstream_resource() == &small);
    CHECK(by_size.second_upstream_resource() == &large);
}

TEST_CASE("a refusal of the one does not reach the other") {
    exact_upstream       small, large;
    segregating_resource by_size(64, &small, &large);
    small.refuse_from(1);
    CHECK_THROWS_AS(by_size.allocate(64), std::bad_alloc);
    by_size.deallocate(by_size.allocate(65), 65);
    CHECK(large.live() == 0);
}

#pragma once
/// \file
/// What the tests of foreign hash maps have in common.

#include <string>
#include <utility>

#include "tests/adapters/support/traffic.hpp"
#include "tests/support/catch.hpp"

namespace autopmr_test {

template <class Map>
void fill(Map& one, int many) {
    for (int i = 0; i < many; ++i) one[i] = std::to_string(i);
}

/// `Map` from int to std::string, over propagating_allocator: it allocates from its resource, and takes it along when it moves and swaps.
template <class Map>
void takes_its_resource_along() {
    traffic one, two;
    {
        Map first(&one), second(&two);
        fill(first, 1000);
        fill(second, 10);
        CHECK(one.now().live >= 1);
        const std::size_t before = one.now().allocations + two.now().allocations;
        first.swap(second);
        CHECK(first.size() == 10);
        CHECK(first.get_allocator().resource() == &two);
        first = std::move(second);
        CHECK(first.size() == 1000);
        CHECK(first.get_allocator().resource() == &one);
        CHECK(one.now().allocations + two.now().allocations <= before + 1);  // no element was copied
        CHECK(first.at(999) == "999");
    }
    CHECK(one.settled());
    CHECK(two.settled());
}

}  // namespace autopmr_test

#include <autopmr/propagating_allocator.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/strict_upstream.hpp"

namespace {

template <class T>
using vector = std::vector<T, autopmr::propagating_allocator<T>>;

}  // namespace

TEST_CASE("a propagating allocator goes with the elements, on copy, move and swap") {
    autopmr_test::strict_upstream one, two;
    {
        vector<int> first({1, 2, 3}, &one), second({4, 5}, &two);
        const int*  of_second = second.data();
        swap(first, second);
        CHECK(first.data() == of_second);
        CHECK(first.get_allocator().resource() == &two);
        CHECK(second.get_allocator().resource() == &one);

        vector<int> third(&one);
        third = std::move(first);
        CHECK(third.data() == of_second);  // no element was copied
        CHECK(third.get_allocator().resource() == &two);
        third = second;
        CHECK(third.get_allocator().resource() == &one);
        const vector<int> copy(third);
        CHECK(copy.get_allocator().resource() == &one);
        CHECK(copy == vector<int>{1, 2, 3});
    }
    CHECK(one.live() + two.live() == 0);
    CHECK_FALSE(one.wrong);
    CHECK_FALSE(two.wrong);
}

TEST_CASE("propagating allocators of one resource are equal, whatever they allocate") {
    autopmr_test::strict_upstream         one, two;
    autopmr::propagating_allocator<int>   ints(&one);
    autopmr::propagating_allocator<short> shorts(ints);
    CHECK(ints == shorts);
    CHECK(ints != autopmr::propagating_allocator<int>(&two));
    CHECK(autopmr::propagating_allocator<>().resource() == std::pmr::get_default_resource());
    CHECK_THROWS_AS(ints.allocate(SIZE_MAX / 2), std::bad_array_new_length);
    std::map<int, vector<int>, std::less<>, autopmr::propagating_allocator<std::pair<const int, vector<int>>>> nested(&one);
    nested.emplace(1, vector<int>({1, 2}, &one));
    CHECK(one.live() == 2);
    nested.clear();
    CHECK(one.live() == 0);
}

#include <autopmr/adapters/tsl.hpp>

#include <string>
#include <utility>

#include "tests/adapters/support/each_failure.hpp"
#include "tests/support/catch.hpp"

using autopmr_test::outcome;
using autopmr_test::traffic;

namespace {

using map = autopmr::robin::robin_map<int, std::string>;

void fill(map& one, int many) {
    for (int i = 0; i < many; ++i) one[i] = std::to_string(i);
}

}  // namespace

TEST_CASE("a map allocates from its resource, and takes it along when it moves and swaps") {
    traffic one, two;
    {
        map first(&one), second(&two);
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

TEST_CASE("whatever is refused, a map throws bad_alloc and keeps the books") {
    traffic    at;
    const auto got = autopmr_test::each_failure(at, [](traffic& upstream) {
        try {
            map one(&upstream);
            fill(one, 1000);
            return one.at(7) == "7" ? outcome::served : outcome::out_of_memory;
        } catch (const std::bad_alloc&) {
            return outcome::out_of_memory;
        }
    });
    CHECK(got.traffic > 5);
    CHECK(got.errors == got.rounds);
    CHECK(at.settled());
}

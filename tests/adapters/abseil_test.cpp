#include <autopmr/adapters/abseil.hpp>

#include <cstddef>
#include <functional>
#include <new>
#include <string>
#include <utility>

#include "tests/adapters/support/each_failure.hpp"
#include "tests/adapters/support/map.hpp"
#include "tests/support/catch.hpp"

using autopmr_test::traffic;

namespace {

using map = autopmr::abseil::flat_hash_map<int, std::string>;

struct count_of_refusing {
    static inline int given_back_wrongly = 0;
};
template <class T>
struct refusing : count_of_refusing {
    using value_type = T;
    refusing() = default;
    template <class U>
    refusing(const refusing<U>&) noexcept {}
    T*   allocate(std::size_t) { throw std::bad_alloc(); }
    void deallocate(T*, std::size_t) noexcept { ++given_back_wrongly; }
    bool operator==(const refusing&) const noexcept { return true; }
    bool operator!=(const refusing&) const noexcept { return false; }
};

}  // namespace

TEST_CASE("a map allocates from its resource, and takes it along when it moves and swaps") {
    autopmr_test::takes_its_resource_along<map>();
}

TEST_CASE("an inlined vector that is assigned or swapped goes with the other's resource, wherever its elements lie") {
    using vector = autopmr::abseil::inlined_vector<std::string, 4>;
    traffic    one, two;
    const auto text = [](int i) { return "a text that no string keeps inside: " + std::to_string(i); };
    for (const int of_first : {0, 3, 100}) {
        for (const int of_second : {0, 3, 100}) {
            vector first(&one), second(&two);
            for (int i = 0; i < of_first; ++i) first.push_back(text(i));
            for (int i = 0; i < of_second; ++i) second.push_back(text(i));
            const vector copy = second;
            first = std::move(second);
            CHECK(first == copy);
            CHECK(first.get_allocator().resource() == &two);
            vector third(&one);
            third = first;
            CHECK(third == copy);
            CHECK(third.get_allocator().resource() == &two);
            vector fourth(&one);
            swap(third, fourth);
            CHECK(fourth == copy);
            CHECK(fourth.get_allocator().resource() == &two);
            CHECK(third.get_allocator().resource() == &one);
            third = {"a", "b"};
            CHECK(third.size() == 2);
            CHECK(third.get_allocator().resource() == &one);
        }
    }
    CHECK(one.settled());
    CHECK(two.settled());
}

TEST_CASE("whatever is refused, an inlined vector throws bad_alloc and keeps the books") {
    traffic    at;
    const auto got = autopmr_test::each_failure_throws(at, [](traffic& upstream) {
        autopmr::abseil::inlined_vector<std::string, 4> one(&upstream);
        for (int i = 0; i < 1000; ++i) one.push_back(std::to_string(i));
        REQUIRE(one.at(7) == "7");
        using inner = autopmr::abseil::inlined_vector<int, 2>;
        const autopmr::abseil::inlined_vector<inner, 2> nested(5, inner(5, 7, &upstream), &upstream);
        auto                                            copy = nested;  // whose elements allocate, too
        copy.insert(copy.begin(), nested[1]);
        REQUIRE(copy.at(5) == nested[0]);
    });
    CHECK(got.traffic > 15);
}

// What follows is Abseil's own, with an allocator that has nothing of autopmr's, and the reason why there is no such test of maps.
TEST_CASE("Abseil's tables can't take a refusal, whatever allocator they have: their pages say so") {
    REQUIRE(refusing<int>::given_back_wrongly == 0);
    try {
        absl::flat_hash_map<int, int, std::hash<int>, std::equal_to<int>, refusing<std::pair<const int, int>>> one;
        one[1] = 1;
    } catch (const std::bad_alloc&) {
    }
    CHECK(refusing<int>::given_back_wrongly == 1);  // where this fails Abseil has learned it: test maps as vectors are
}

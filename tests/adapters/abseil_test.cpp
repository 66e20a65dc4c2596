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

TEST_CASE("whatever is refused, an inlined vector throws bad_alloc and keeps the books") {
    traffic    at;
    const auto got = autopmr_test::each_failure_throws(at, [](traffic& upstream) {
        autopmr::abseil::inlined_vector<std::string, 4> one(&upstream);
        for (int i = 0; i < 1000; ++i) one.push_back(std::to_string(i));
        REQUIRE(one.at(7) == "7");
    });
    CHECK(got.traffic > 5);
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

#include <autopmr/make_unique.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/strict_upstream.hpp"

namespace {

struct alignas(64) wide {
    explicit wide(int what) : value(what) {
        if (what < 0) throw std::runtime_error("negative");
    }
    int value;
};

struct with_a_new_of_its_own {
    static void* operator new(std::size_t) = delete;
    int          value = 5;
};

}  // namespace

TEST_CASE("an object with an operator new of its own, a constant, and a pointer that is empty at first") {
    autopmr_test::strict_upstream at;
    {
        CHECK(autopmr::make_unique<with_a_new_of_its_own>(at)->value == 5);
        CHECK(*autopmr::make_unique<const int>(at, 3) == 3);
        autopmr::resource_unique_ptr<int> later;
        CHECK(later == nullptr);
        later = autopmr::make_unique<int>(at, 4);
        CHECK(*later == 4);
        CHECK(at.live() == 1);
    }
    CHECK(at.live() == 0);
    CHECK_FALSE(at.wrong);
}

TEST_CASE("an object in a resource is one block, which goes back with its last owner") {
    autopmr_test::strict_upstream at;
    {
        const auto one = autopmr::make_unique<wide>(at, 7);
        CHECK(one->value == 7);
        CHECK(reinterpret_cast<std::uintptr_t>(one.get()) % 64 == 0);
        CHECK(one.get_deleter().resource() == &at);
        const auto text = autopmr::make_unique<std::string>(at, 3u, 'x');
        CHECK(*text == "xxx");
        auto shared = autopmr::allocate_shared<wide>(at, 8);
        const std::shared_ptr<wide> second = shared;
        shared.reset();
        CHECK(second->value == 8);
        CHECK(at.live() == 3);
        CHECK(at.allocations == 3);
    }
    CHECK(at.live() == 0);
    CHECK_FALSE(at.wrong);
}

TEST_CASE("where the constructor throws or the resource refuses, nothing stays allocated") {
    autopmr_test::strict_upstream at;
    CHECK_THROWS_AS(autopmr::make_unique<wide>(at, -1), std::runtime_error);
    CHECK_THROWS_AS(autopmr::allocate_shared<wide>(at, -1), std::runtime_error);
    at.refuse_at = at.allocations + 1;
    CHECK_THROWS_AS(autopmr::make_unique<wide>(at, 1), std::bad_alloc);
    CHECK(at.live() == 0);
    CHECK_FALSE(at.wrong);
}

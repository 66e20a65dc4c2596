#include <autopmr/autopmr.hpp>

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/strict_upstream.hpp"

namespace {

template <class T>
using vector = std::vector<T, autopmr::thread_allocator<T>>;

struct alignas(64) wide {
    char bytes[64];
};

}  // namespace

TEST_CASE("a stateless allocator allocates from the thread's resource of the moment, and frees where the block is from") {
    autopmr_test::strict_upstream one, two;
    CHECK(autopmr::thread_resource() == std::pmr::get_default_resource());
    vector<int> outside{1, 2};
    vector<int> kept;
    {
        const autopmr::thread_resource_scope outer(&one);
        CHECK(autopmr::thread_resource() == &one);
        kept.assign(100, 1);
        CHECK(one.live() == 1);
        {
            const autopmr::thread_resource_scope inner(&two);
            kept.push_back(2);  // moves to the new resource, and the old block goes back to the old one
            outside.resize(50);
        }
        CHECK(one.live() == 0);
        CHECK(two.live() == 2);
        CHECK(autopmr::thread_resource() == &one);
        std::thread([] { CHECK(autopmr::thread_resource() == std::pmr::get_default_resource()); }).join();
    }
    CHECK(kept[100] == 2);
    std::thread([&] { vector<int>().swap(kept); }).join();  // freed by another thread, outside of every scope
    vector<int>().swap(outside);
    CHECK(two.live() == 0);
    CHECK_FALSE(one.wrong);
    CHECK_FALSE(two.wrong);
}

TEST_CASE("a stateless allocator aligns, refuses what is no size, and passes on a refusal") {
    autopmr_test::strict_upstream        at;
    const autopmr::thread_resource_scope scope(&at);
    {
        const vector<wide> some(3);
        CHECK(reinterpret_cast<std::uintptr_t>(some.data()) % 64 == 0);
    }
    CHECK_THROWS_AS(autopmr::thread_allocator<wide>().allocate(SIZE_MAX / 64), std::bad_alloc);
    at.refuse_at = at.allocations + 1;
    CHECK_THROWS_AS(vector<int>(3), std::bad_alloc);
    CHECK(at.live() == 0);
    CHECK_FALSE(at.wrong);
    CHECK(autopmr::thread_allocator<int>() == autopmr::thread_allocator<char>());
}

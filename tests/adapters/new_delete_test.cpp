#include <autopmr/adapters/new_delete.hpp>
#include <autopmr/autopmr.hpp>

#include <cstdint>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "tests/adapters/support/traffic.hpp"
#include "tests/support/catch.hpp"

using autopmr_test::traffic;

namespace {

/// Never destroyed, made at the first operator new of the process.
traffic& ours() {
    alignas(traffic) static std::byte place[sizeof(traffic)];
    static traffic* const             one = new (place) traffic;
    return *one;
}

struct held_from_before_main {
    std::vector<int> some = std::vector<int>(1000, 7);
    std::size_t      counted = ours().now().allocations;
    ~held_from_before_main() { some.shrink_to_fit(); }
} const before_main;

struct alignas(128) wide {
    char bytes[300];
};

/// What one expression asks of the resource, and gives back.
template <class Make>
std::size_t asked(Make&& make) {
    const std::size_t before = ours().now().allocations;
    make();
    return ours().now().allocations - before;
}

}  // namespace

extern "C" void autopmr_first_new() { autopmr::route_new_delete(&ours(), "this test"); }

TEST_CASE("operator new goes to the chosen resource from before main") {
    CHECK(before_main.counted > 0);
    CHECK(before_main.some.back() == 7);
    CHECK(autopmr::route_new_delete(&ours(), "late").what == autopmr::install_answer::already_installed);
    CHECK(std::string(autopmr::route_new_delete(&ours(), "late").first) == "this test");
}

TEST_CASE("every form of operator new is one allocation, and every form of delete gives it back") {
    void* block = nullptr;
    const auto live = ours().now().live;
    using align = std::align_val_t;
    CHECK(asked([&] { ::operator delete(block = ::operator new(10)); }) == 1);
    CHECK(asked([&] { ::operator delete[](block = ::operator new[](10)); }) == 1);
    CHECK(asked([&] { ::operator delete(block = ::operator new(10), std::size_t{10}); }) == 1);
    CHECK(asked([&] { ::operator delete[](block = ::operator new[](10), std::size_t{10}); }) == 1);
    CHECK(asked([&] { ::operator delete(block = ::operator new(10, std::nothrow), std::nothrow); }) == 1);
    CHECK(asked([&] { ::operator delete[](block = ::operator new[](10, std::nothrow), std::nothrow); }) == 1);
    CHECK(asked([&] { ::operator delete(block = ::operator new(10, align{64}), align{64}); }) == 1);
    CHECK(reinterpret_cast<std::uintptr_t>(block) % 64 == 0);
    CHECK(asked([&] { ::operator delete[](block = ::operator new[](10, align{4096}), align{4096}); }) == 1);
    CHECK(reinterpret_cast<std::uintptr_t>(block) % 4096 == 0);
    CHECK(asked([&] { ::operator delete(block = ::operator new(10, align{64}), std::size_t{10}, align{64}); }) == 1);
    CHECK(asked([&] { ::operator delete[](block = ::operator new[](10, align{64}), std::size_t{10}, align{64}); }) == 1);
    CHECK(asked([&] { ::operator delete(block = ::operator new(10, align{64}, std::nothrow), align{64}, std::nothrow); }) == 1);
    CHECK(asked([&] { ::operator delete[](block = ::operator new[](10, align{64}, std::nothrow), align{64}, std::nothrow); }) == 1);
    CHECK(asked([&] { std::vector<wide>(3).pop_back(); }) == 1);
    CHECK(asked([&] { std::thread([] { std::string(100, 'x').append("y"); }).join(); }) >= 3);
    ::operator delete(nullptr);
    CHECK(ours().now().live == live);
    CHECK(ours().now().complaints == 0);
}

TEST_CASE("a refusal is bad_alloc, null, or the new-handler's") {
    bool thrown = false;
    ours().refuse(1);
    try {
        ::operator delete(::operator new(10));
    } catch (const std::bad_alloc&) {
        thrown = true;
    }
    CHECK(thrown);
    ours().refuse(1);
    void* const none = ::operator new(10, std::nothrow);
    CHECK(none == nullptr);
    static int helped;
    std::set_new_handler([] { ++helped; });  // which is asked once, as the refusal is of one request
    ours().refuse(1);
    ::operator delete(::operator new(10));
    std::set_new_handler(nullptr);
    CHECK(helped == 1);
    CHECK(ours().now().complaints == 0);
}

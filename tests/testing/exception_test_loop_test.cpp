#include <autopmr/testing/exception_test_loop.hpp>

#include "support/catch.hpp"

#include <memory>
#include <memory_resource>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

using namespace autopmr::testing;

namespace {

/// What a std::logic_error said; empty when there was none.
template <class Code>
std::string complaint_of(test_resource& resource, Code code) {
    try {
        exception_test_loop(resource, code);
    } catch (const std::logic_error& error) {
        return error.what();
    }
    return {};
}

}  // namespace

TEST_CASE("each allocation is refused once, and then none") {
    test_resource resource;
    unsigned      rounds = 0, refused = 0;
    const auto    three_blocks = [&](std::pmr::memory_resource& from) {
        ++rounds;
        ++refused;
        std::pmr::vector<std::pmr::string> names(&from);
        names.reserve(2);
        names.emplace_back(std::string(100, 'a').c_str());
        names.emplace_back(std::string(100, 'b').c_str());
        --refused;
    };
    CHECK(exception_test_loop(resource, three_blocks) == 3);
    CHECK(rounds == 4);
    CHECK(refused == 3);
    CHECK(resource.refusals() == 3);
    CHECK(resource.allocation_limit() == -1);
    CHECK(resource.status() == 0);
}

TEST_CASE("code that takes nothing will do, and may handle refusals itself") {
    test_resource resource;
    unsigned      handled = 0;
    const auto    falls_back = [&] {
        for (std::size_t size : {100, 200}) {
            try {
                std::pmr::vector<char> bytes(size, &resource);
            } catch (const std::bad_alloc&) {
                ++handled;
            }
        }
    };
    CHECK(exception_test_loop(resource, falls_back) == 2);
    CHECK(handled == 2);
    CHECK(exception_test_loop(resource, [] {}) == 0);
    CHECK(exception_test_loop(resource, [moved = std::make_unique<int>(2)] { return *moved; }) == 0);  // can't be copied
}

TEST_CASE("what leaks when refused is told, with the round it happened in") {
    test_resource resource;
    void*         lost = nullptr;
    const auto    leaks = [&] {
        void* first = resource.allocate(10, 2);
        lost = first;
        void* second = resource.allocate(20, 4);  // when this throws, the first is lost
        resource.deallocate(second, 20, 4);
        resource.deallocate(first, 10, 2);
    };
    CHECK(complaint_of(resource, leaks) == "exception_test_loop: with the allocation limit at 1, 1 blocks leaked");
    CHECK(resource.allocation_limit() == -1);
    resource.deallocate(lost, 10, 2);
}

TEST_CASE("so is what comes back too often, or wrongly") {
    test_resource resource;
    resource.set_quiet(true);
    void* before = resource.allocate(10, 2);
    CHECK(complaint_of(resource, [&] { resource.deallocate(before, 10, 2); }).find("1 blocks too many came back") !=
          std::string::npos);
    const auto wrong_size = [&] { resource.deallocate(resource.allocate(10, 2), 11, 2); };
    CHECK(complaint_of(resource, wrong_size) ==
          "exception_test_loop: with the allocation limit at 1, deallocate with 11 bytes aligned to 2 of a block of 10 "
          "bytes aligned to 2");
}

TEST_CASE("any other exception gets out, and the limit is lifted") {
    test_resource resource, other("other");
    CHECK_THROWS_AS(exception_test_loop(resource, [] { throw std::runtime_error("mine"); }), std::runtime_error);
    other.set_allocation_limit(0);
    CHECK_THROWS_AS(exception_test_loop(resource, [&] { return other.allocate(1, 1); }), test_resource_exception);
    CHECK(resource.allocation_limit() == -1);
}

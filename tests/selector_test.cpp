#include <autopmr/selector.hpp>

#include "support/catch.hpp"

using namespace autopmr;

TEST_CASE("choosing never throws") {
    static_assert(noexcept(choose(request{})) && noexcept(select()) && noexcept(install_default()) && noexcept(default_decision()) &&
                  noexcept(gather()) && noexcept(candidates()) && noexcept(backends()) && noexcept(find_backend("")));
    SUCCEED();
}

TEST_CASE("each backend is listed once and found by its name") {
    for (const backend& one : backends()) CHECK(find_backend(one.name) == &one);
    CHECK(find_backend("nothing") == nullptr);
    CHECK(backends().size() == 9);
}

TEST_CASE("something serves this process") {
    const decision got = select();
    INFO(got.error());
    REQUIRE(got.ok());
    void* block = got.resource().allocate(100, 64);
    CHECK(block != nullptr);
    got.resource().deallocate(block, 100, 64);
}

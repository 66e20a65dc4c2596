#include <autopmr/decorators/aligned_resource.hpp>
#include <autopmr/errors.hpp>

#include "support/catch.hpp"
#include "support/exact_upstream.hpp"

#include <cstdint>

using autopmr::aligned_resource;
using autopmr_test::exact_upstream;

TEST_CASE("the alignment is raised, never lowered, and comes back as it was asked for") {
    exact_upstream   below;
    aligned_resource lines(64, &below);
    for (std::size_t alignment : {1, 16, 64, 4096}) {
        void* block = lines.allocate(10, alignment);
        CHECK(reinterpret_cast<std::uintptr_t>(block) % 64 == 0);
        CHECK(below.last_bytes() == 10);
        CHECK(below.last_alignment() == (alignment < 64 ? 64 : alignment));
        lines.deallocate(block, 10, alignment);
    }
    CHECK(below.live() == 0);
    CHECK(below.complaints() == 0);
}

TEST_CASE("sizes are rounded up where that was asked for") {
    exact_upstream    below;
    aligned_resource  pages(4096, aligned_resource::sizes::whole, &below);
    const std::size_t sizes[][2] = {{0, 0}, {1, 4096}, {4095, 4096}, {4096, 4096}, {4097, 8192}};
    for (const auto& [asked, given] : sizes) {
        std::pmr::memory_resource& base = pages;  // the virtual way and the direct one do the same
        void*                      block = base.allocate(asked, 8);
        CHECK(below.last_bytes() == given);
        CHECK(below.last_alignment() == 4096);
        pages.deallocate(block, asked, 8);
    }
    CHECK(below.live() == 0);
    CHECK(below.complaints() == 0);
    CHECK(pages.alignment() == 4096);
    CHECK(pages.facts().view() == "to 4096 at least, sizes too");
}

TEST_CASE("sizes that rounding would make too large are refused before the upstream is asked") {
    exact_upstream   below;
    aligned_resource pages(4096, aligned_resource::sizes::whole, &below);
    below.refuse_from(1);  // with another exception than this one
    for (std::size_t bytes :
        {SIZE_MAX, SIZE_MAX - 4095, SIZE_MAX - 4096, std::size_t{PTRDIFF_MAX}, std::size_t{PTRDIFF_MAX} - 4094})
        CHECK_THROWS_AS(pages.allocate(bytes, 8), autopmr::out_of_memory);
}

TEST_CASE("what is no alignment is refused, at construction and later") {
    exact_upstream below;
    for (std::size_t alignment : {0, 3, 48}) {
        CHECK_THROWS_AS(aligned_resource(alignment, &below), autopmr::bad_alignment);
        aligned_resource lines(64, &below);
        CHECK_THROWS_AS(lines.allocate(8, alignment), autopmr::bad_alignment);
    }
    aligned_resource none(1, &below);  // allowed, and changes nothing
    none.deallocate(none.allocate(8, 2), 8, 2);
    CHECK(below.last_alignment() == 2);
}

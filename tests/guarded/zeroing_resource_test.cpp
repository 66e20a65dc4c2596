#include <autopmr/guarded/zeroing_resource.hpp>

#include <autopmr/backends/system.hpp>
#include <autopmr/errors.hpp>

#include "guarded/poke.hpp"
#include "support/catch.hpp"

#include <cstring>
#include <string>

using namespace autopmr;
using autopmr_test::keeping_upstream;
using autopmr_test::peek;

TEST_CASE("the upstream gets zeroes back, over the whole size that was asked for") {
    keeping_upstream below;
    zeroing_resource zeroing(&below);
    for (const std::size_t bytes : {0u, 1u, 7u, 8u, 63u, 64u, 1000u, 4097u, 1000000u})
        for (const std::size_t alignment : {1u, 8u, 16u, 4096u}) {
            void* const block = zeroing.allocate(bytes, alignment);
            std::memset(block, 's', bytes);
            zeroing.deallocate(block, bytes, alignment);
            std::size_t left = 0;
            for (std::size_t i = 0; i != bytes; ++i) left += peek(block, static_cast<std::ptrdiff_t>(i)) != 0;
            CHECK(left == 0);
        }
    CHECK(below.back == 36);
    CHECK(below.wrong == 0);
}

TEST_CASE("a string leaves nothing of its text, outgrown buffers included") {
    keeping_upstream below;
    zeroing_resource zeroing(&below);
    {
        std::pmr::string text(&zeroing);
        for (int i = 0; i != 1000; ++i) text += "secret";
    }
    for (const auto& [block, shape] : below.blocks)
        for (std::size_t i = 0; i + 6 <= shape.first; ++i) REQUIRE(std::memcmp(static_cast<char*>(block) + i, "secret", 6) != 0);
    CHECK(below.back == below.blocks.size());
}

TEST_CASE("what can't be is refused before the upstream is asked") {
    keeping_upstream below;
    zeroing_resource zeroing(&below);
    CHECK_THROWS_AS(zeroing.allocate(8, 3), bad_alignment);
    CHECK_THROWS_AS(zeroing.allocate(SIZE_MAX), out_of_memory);
    CHECK(below.blocks.empty());
}

TEST_CASE("it is for as many threads as what is below") {
    autopmr::zeroing_resource        over_any(&autopmr::system_backend.resource());
    std::pmr::monotonic_buffer_resource foreign;
    autopmr::zeroing_resource        over_foreign(&foreign);
    CHECK(over_any.threads() == autopmr::thread_use::any_thread);
    CHECK(over_foreign.threads() == autopmr::threads_of(&foreign));
}

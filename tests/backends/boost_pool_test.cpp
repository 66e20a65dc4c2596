#include <autopmr/backends/boost_pool.hpp>

#include "backends/checks.hpp"

using namespace autopmr;

TEST_CASE("boost_pool serves, pads for large alignments, and knows what it took") {
    if (absent(boost_pool_backend)) return;
    CHECK(starts_with_digit(boost_pool_backend.version()));
    const auto before = boost_pool_backend.usage();
    REQUIRE(before.committed_known);
    for (std::size_t alignment = 32; alignment <= 65536; alignment *= 2) {
        void* block = boost_pool_resource().allocate(3 * alignment, alignment);
        CHECK(reinterpret_cast<std::uintptr_t>(block) % alignment == 0);
        std::memset(block, 0x5a, 3 * alignment);
        boost_pool_resource().deallocate(block, 3 * alignment, alignment);
    }
    check_books(boost_pool_backend);
}

#include <autopmr/backends/tbb.hpp>

#include "backends/checks.hpp"

using namespace autopmr;

TEST_CASE("tbb serves and does not know how much") {
    if (absent(tbb_backend)) return;
    CHECK(starts_with_digit(tbb_backend.version()));
    CHECK(tbb_backend.usage == nullptr);
    void* block = tbb_resource().allocate(1 << 20, 1 << 16);
    CHECK(reinterpret_cast<std::uintptr_t>(block) % (1 << 16) == 0);
    tbb_resource().deallocate(block, 1 << 20, 1 << 16);
    tbb_backend.trim();
}

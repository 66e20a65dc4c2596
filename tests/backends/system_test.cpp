#include <autopmr/backends/system.hpp>

#include "backends/checks.hpp"

using namespace autopmr;

#include "src/host_malloc.hpp"

#include <cstdlib>

TEST_CASE("system is the process's malloc") {
    REQUIRE(system_backend.why_not().empty());
    std::free(system_backend.allocate(100, 8));  // which free itself takes back
    system_backend.deallocate(std::malloc(100), 100, 8);
    if (malloc_of_this_process().replaced.value_or(true)) CHECK_FALSE(system_backend.usage().in_use_known);
    else check_books(system_backend);
}

#include <autopmr/backends/fixed_heap.hpp>
#include <autopmr/errors.hpp>

#include "support/catch.hpp"

TEST_CASE("fixed_heap says that it is not built") {
    CHECK(autopmr::fixed_heap_backend.why_not().substr(0, 10) == "not built:");
    CHECK_THROWS_AS(autopmr::fixed_heap_resource().allocate(1), autopmr::out_of_memory);
}

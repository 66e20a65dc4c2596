#include <autopmr/backends/tcmalloc.hpp>

#include "backends/checks.hpp"

using namespace autopmr;

TEST_CASE("tcmalloc serves and keeps books") {
    if (absent(tcmalloc_backend)) return;
    CHECK(starts_with_digit(tcmalloc_backend.version()));
    check_books(tcmalloc_backend);
}

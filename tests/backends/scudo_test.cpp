#include <autopmr/backends/scudo.hpp>

#include "backends/checks.hpp"
#include "support/child.hpp"

using namespace autopmr;

TEST_CASE("scudo serves and keeps books") {
    if (absent(scudo_backend)) return;
    CHECK(scudo_backend.version().substr(0, 4) == "LLVM");
    check_books(scudo_backend);
}

TEST_CASE("scudo stops a double free") {
    if (absent(scudo_backend)) return;
    const auto end = autopmr_test::in_child([] {
        void* block = scudo_backend.allocate(100, 8);
        scudo_backend.deallocate(block, 100, 8);
        scudo_backend.deallocate(block, 100, 8);
        return 0;
    });
    CHECK((end.signal != 0 || end.exit_status != 0));
}

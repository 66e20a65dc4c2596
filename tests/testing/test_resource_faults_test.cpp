#include <autopmr/testing/test_resource.hpp>

#include "support/catch.hpp"
#include "support/child.hpp"

#include <algorithm>
#include <string>

using namespace autopmr::testing;
using autopmr_test::in_child;

namespace {

test_resource* asked = nullptr;
std::string    answers;

autopmr::fault_answer ask(const autopmr::fault_report&) noexcept {
    asked->deallocate(asked->allocate(8, 8), 8, 8);
    answers += std::string(asked->complaint().view()) + "\n";
    return autopmr::fault_answer::quarantine;
}

}  // namespace

TEST_CASE("a fault handler may ask the resource that complains, and allocate from it") {
    const auto end = in_child([] {
        test_resource resource;
        asked = &resource;
        autopmr::set_fault_handler(ask);
        char* block = static_cast<char*>(resource.allocate(16, 8));
        block[-1] = block[16] = 1;
        resource.deallocate(block, 24, 8);
        autopmr::set_fault_handler(nullptr);
        const bool all = resource.mismatches() == 1 && resource.bounds_errors() == 1 && resource.blocks_in_use() == 0;
        return all && std::count(answers.begin(), answers.end(), '\n') == 3 ? 0 : 3;  // the size, before it, past its end
    }, 10);
    CAPTURE(end.error);
    CHECK_FALSE(end.hung);
    CHECK(end.exit_status == 0);
}

#include <autopmr/testing/exception_test_loop.hpp>

#include <stdexcept>
#include <string>

namespace autopmr::testing {
namespace {

struct limit_guard {
    test_resource& resource;
    ~limit_guard() { resource.set_allocation_limit(-1); }
};

void require_clean(const test_counts& before, const test_resource& resource, long long limit) {
    const test_counts after = resource.counts();
    const std::string where = "exception_test_loop: with the allocation limit at " + std::to_string(limit) + ", ";
    if (after.errors() != before.errors()) throw std::logic_error(where + std::string(resource.complaint().view()));
    const long long blocks = after.blocks_in_use - before.blocks_in_use;
    if (blocks == 0) return;
    throw std::logic_error(where + (blocks > 0 ? std::to_string(blocks) + " blocks leaked"
                                               : std::to_string(-blocks) + " blocks too many came back"));
}

}  // namespace

long long run_exception_test_loop(test_resource& resource, const std::function<void(test_resource&)>& code) {
    const limit_guard unlimited{resource};
    for (long long limit = 0;; ++limit) {
        const test_counts before = resource.counts();
        resource.set_allocation_limit(limit);
        try {
            code(resource);
        } catch (const test_resource_exception& refusal) {
            if (refusal.originating_resource() != &resource) throw;
        }
        require_clean(before, resource, limit);
        if (resource.refusals() == before.refusals) return limit;
    }
}

}  // namespace autopmr::testing

// What stands between a subsystem and its backend: a guard, or secret memory in the backend's place.

#include <autopmr/guarded/canary_resource.hpp>
#include <autopmr/guarded/page_guarded_resource.hpp>
#include <autopmr/guarded/sampled_guard_resource.hpp>
#include <autopmr/guarded/secret_resource.hpp>

#include "src/guard_stacks.hpp"
#include "src/subsystem_node.hpp"
#include "src/support/announce.hpp"
#include "src/support/direct.hpp"

#include <autopmr/errors.hpp>

namespace autopmr {
namespace {

// Stands where what was asked for can't be had.
class refusing_layer final : public layer {
public:
    [[nodiscard]] std::string_view name() const noexcept override { return "unavailable"; }

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override { throw_out_of_memory(bytes, alignment, "unavailable guard"); }
    void  do_deallocate(void*, std::size_t, std::size_t) override {}
    bool  do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
};

constinit immortal<refusing_layer> refusing;

}  // namespace

protection protection_of(const subsystem_node& node) noexcept {
    const subsystem_node *guarded = &node, *secret = &node;
    while (!guarded->under_by && guarded->parent != nullptr) guarded = guarded->parent;
    while (!secret->secret_by && secret->parent != nullptr) secret = secret->parent;
    protection both{guarded->asked.under, secret->asked.secret};
    // Canaries and samples watch over ordinary memory: where one was inherited and the other said, secrecy is kept.
    if (both.secret && both.under != guard::pages) both.under = guard::none;
    return both;
}

std::string_view why_no_protection(protection kind) noexcept {
    return kind.secret ? why_no_secrets() : why_no_guard(kind.under);
}

protected_heap protect(const char* subsystem, protection kind, const backend& over, layer* own) noexcept {
    protected_heap made{nullptr, &over, own, kind};
    const resource_ptr below = own != nullptr ? resource_ptr(own) : resource_ptr(&over.resource());
    made.heap = kind.secret ? make_secrets(subsystem, kind.under == guard::pages) : make_guard(kind.under, subsystem, below);
    if (made.heap == nullptr) made.heap = &refusing.resource;
    return made;
}

void discard(const protected_heap& unused) noexcept {
    if (unused.heap != nullptr && unused.heap != &refusing.resource) end_guard(unused.heap);
}

}  // namespace autopmr

// Which backend a subsystem allocates from, settled at its first allocation.

#include "src/subsystem_binding.hpp"

#include <new>

namespace autopmr {
namespace {

void settle(subsystem_node& node, const backend& what, std::pmr::memory_resource* heap) noexcept {
    if (heap != nullptr) {
        node.heap.store(heap, std::memory_order_release);
    } else {
        node.deallocate.store(what.deallocate, std::memory_order_release);
        node.allocate.store(what.allocate, std::memory_order_release);
    }
    node.bound.store(&what, std::memory_order_release);
}

bool decides(const subsystem_node& node) noexcept {
    return node.bound.load(std::memory_order_relaxed) != nullptr || node.backend_by || node.own != nullptr;
}

}  // namespace

void bind(subsystem_node& node) noexcept {
    load_policy_from_environment();
    const backend* fallback = nullptr;
    for (;; fallback = &default_backend()) {  // which may probe, load libraries and take its time: not under the lock
        const auto      held = subsystem_tree::lock();
        subsystem_node* from = &node;
        while (!decides(*from) && from->parent != nullptr) from = from->parent;
        if (!decides(*from) && fallback == nullptr) continue;

        const backend* what = from->bound.load(std::memory_order_relaxed);
        auto*          heap = from->heap.load(std::memory_order_relaxed);
        if (what == nullptr) {
            heap = from->own;
            what = heap != nullptr ? from->own_of : from->backend_by ? from->wanted : fallback;
        }
        // Those it inherits from are bound with it, so that a child and its parent never disagree later.
        for (subsystem_node* n = &node;; n = n->parent) {
            if (n->bound.load(std::memory_order_relaxed) == nullptr) settle(*n, *what, heap);
            if (n == from) return;
        }
    }
}

}  // namespace autopmr

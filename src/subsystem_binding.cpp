// Which backend a subsystem allocates from, settled at its first allocation.

#include <autopmr/selector.hpp>

#include "src/subsystem_node.hpp"
#include "src/verbose.hpp"

namespace autopmr {
namespace {

struct default_choice {
    const backend*  what = nullptr;
    fixed_text<192> from = "default";
};

// Of the root, where it came to that; under the tree's lock.
constinit fixed_text<192> default_origin{"default"};

// What install_default() chose, else what select() would. Where that can't be had a subsystem still has to serve: it uses the
// C library's malloc, and shows why.
default_choice choose_default() noexcept {
    default_choice choice;
    if (const decision& made = default_decision(); made.ok()) {
        choice.what = made.chosen;
        return choice;
    }
    const decision made = select();
    choice.what = made.ok() ? made.chosen : find_backend("system");
    if (made.ok()) return choice;
    choice.from.append(", since nothing could be chosen: ").append(made.error());
    tell_if_verbose("subsystems use the backend system, since nothing could be chosen: ", made.error());
    return choice;
}

void settle(subsystem_node& node, const backend& what, layer* heap) noexcept {
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

// False where it came to the root's default and that is not known yet.
bool try_bind(subsystem_node& node, const default_choice& fallback) noexcept {
    const auto      held = subsystem_tree::lock();
    subsystem_node* from = &node;
    while (!decides(*from) && from->parent != nullptr) from = from->parent;

    const backend* what = from->bound.load(std::memory_order_relaxed);
    auto*          heap = from->heap.load(std::memory_order_relaxed);
    if (what == nullptr && decides(*from)) {
        heap = from->own;
        what = heap != nullptr ? from->own_of : from->wanted;
    } else if (what == nullptr) {
        if (fallback.what == nullptr) return false;
        what = fallback.what;
        default_origin = fallback.from;
    }
    // Those it inherits from are bound with it, so that a child and its parent never disagree later.
    for (subsystem_node* n = &node;; n = n->parent) {
        if (n->bound.load(std::memory_order_relaxed) == nullptr) settle(*n, *what, heap);
        if (n == from) return true;
    }
}

}  // namespace

void bind(subsystem_node& node) noexcept {
    load_policy_from_environment();
    // Choosing may probe and load libraries, so it is done without the lock, and only where it comes to that.
    if (!try_bind(node, {})) try_bind(node, choose_default());
}

const fixed_text<192>& origin_of_default() noexcept { return default_origin; }

}  // namespace autopmr

// Which backend a subsystem allocates from, settled at its first allocation.

#include <autopmr/selector.hpp>

#include "src/subsystem_node.hpp"
#include "src/verbose.hpp"

#include <utility>

namespace autopmr {
namespace {

struct default_choice {
    const backend*  what = nullptr;
    guard           under = guard::none;
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
        choice.under = made.under;
        return choice;
    }
    const decision made = select();
    choice.what = made.ok() ? made.chosen : find_backend("system");
    choice.under = made.under;
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

bool says_guard(const subsystem_node& node) noexcept {
    const subsystem_node* n = &node;
    while (n != nullptr && !n->under_by) n = n->parent;
    return n != nullptr;
}

// What a binding still lacks; made without the lock, since it may load libraries or ask the system for pages.
struct missing {
    enum { nothing, the_default, protection_of_one } what = nothing;
    subsystem_node* one = nullptr;
    const backend*  over = nullptr;
    layer*          own = nullptr;
    protection      kind;
};

missing try_bind(subsystem_node& node, const default_choice& fallback) noexcept {
    const auto      held = subsystem_tree::lock();
    subsystem_node* from = &node;
    while (!decides(*from) && from->parent != nullptr) from = from->parent;

    const backend* what = from->bound.load(std::memory_order_relaxed);
    layer*         own = what != nullptr ? from->below : from->own;
    guard          under_default = from->by_default;
    if (what == nullptr && decides(*from)) {
        what = own != nullptr ? from->own_of : from->wanted;
    } else if (what == nullptr) {
        if (fallback.what == nullptr) return {missing::the_default, nullptr, nullptr, nullptr, {}};
        what = fallback.what;
        under_default = fallback.under;
        default_origin = fallback.from;
    }
    const auto kind_of = [&](const subsystem_node& n) {
        protection kind = protection_of(n);
        if (!kind.any() && !says_guard(n)) kind.under = under_default;
        return kind;
    };
    // Those it inherits from are bound with it, so that a child and its parent never disagree later.
    for (subsystem_node* n = &node;; n = n->parent) {
        const protection kind = kind_of(*n);
        if (n->bound.load(std::memory_order_relaxed) == nullptr && kind.any() && !n->guarded.made_for(what, own, kind))
            return {missing::protection_of_one, n, what, own, kind};
        if (n == from) break;
    }
    for (subsystem_node* n = &node;; n = n->parent) {
        if (n->bound.load(std::memory_order_relaxed) == nullptr) {
            n->in_force = kind_of(*n);
            n->by_default = under_default;
            n->below = own;
            settle(*n, *what, n->in_force.any() ? n->guarded.heap : own);
        }
        if (n == from) return {};
    }
}

void provide(const missing& m) noexcept {
    protected_heap made = protect(m.one->name, m.kind, *m.over, m.own);
    {
        const auto held = subsystem_tree::lock();
        if (m.one->bound.load(std::memory_order_relaxed) == nullptr) std::swap(made, m.one->guarded);
    }
    discard(made);  // of another thread, or for what is no longer asked
}

}  // namespace

void bind(subsystem_node& node) noexcept {
    load_policy_from_environment();
    default_choice fallback;
    for (;;) {
        const missing m = try_bind(node, fallback);
        if (m.what == missing::nothing) return;
        if (m.what == missing::the_default) fallback = choose_default();
        else provide(m);
    }
}

const fixed_text<192>& origin_of_default() noexcept { return default_origin; }

}  // namespace autopmr

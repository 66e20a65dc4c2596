#include <autopmr/subsystem.hpp>

#include <autopmr/errors.hpp>
#include <autopmr/fault_report.hpp>

#include "src/subsystem_node.hpp"

namespace autopmr {
namespace {

[[noreturn]] void refuse(subsystem_node& over, std::size_t bytes, std::size_t alignment) {
    over.failures.fetch_add(1, std::memory_order_relaxed);
    throw_limit_exceeded(bytes, alignment, over.name, over.limit.load(std::memory_order_relaxed));
}

void give_back(subsystem_node* from, const subsystem_node* end, std::size_t bytes) noexcept {
    for (; from != end; from = from->parent) from->live.fetch_sub(bytes, std::memory_order_relaxed);
}

}  // namespace

void* subsystem_resource::do_allocate(std::size_t bytes, std::size_t alignment) {
    subsystem_node& node = *node_;
    raw_allocate    raw = node.allocate.load(std::memory_order_acquire);
    if (raw == nullptr && node.heap.load(std::memory_order_acquire) == nullptr) {
        bind(node);
        raw = node.allocate.load(std::memory_order_acquire);
    }
    for (subsystem_node* n = &node; n != nullptr; n = n->parent) {
        const std::size_t before = n->live.fetch_add(bytes, std::memory_order_relaxed);
        const std::size_t limit = n->limit.load(std::memory_order_relaxed);
        if (before > limit || bytes > limit - before) {
            give_back(&node, n->parent, bytes);
            refuse(*n, bytes, alignment);
        }
    }
    struct undo {
        subsystem_node* node;
        std::size_t     bytes;
        ~undo() {
            if (node == nullptr) return;
            give_back(node, nullptr, bytes);
            node->failures.fetch_add(1, std::memory_order_relaxed);
        }
    } on_throw{&node, bytes};
    void* const block = raw != nullptr ? raw(bytes, alignment)
                                            : node.heap.load(std::memory_order_relaxed)->allocate(bytes, alignment);
    on_throw.node = nullptr;
    for (subsystem_node* n = &node; n != nullptr; n = n->parent) {
        n->count.fetch_add(1, std::memory_order_relaxed);
        n->total.fetch_add(bytes, std::memory_order_relaxed);
        const std::size_t now = n->live.load(std::memory_order_relaxed);
        std::size_t       peak = n->peak.load(std::memory_order_relaxed);
        while (now > peak && !n->peak.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {}
    }
    return block;
}

void subsystem_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    subsystem_node& node = *node_;
    if (node.bound.load(std::memory_order_acquire) == nullptr) {
        fault_report report;
        report.kind = fault_kind::foreign_pointer;
        report.address = block;
        report.resource = node.name;
        report.given_bytes = bytes;
        report.given_alignment = alignment;
        return report_fault(report);
    }
    give_back(&node, nullptr, bytes);
    if (const raw_deallocate raw = node.deallocate.load(std::memory_order_acquire)) raw(block, bytes, alignment);
    else node.heap.load(std::memory_order_acquire)->deallocate(block, bytes, alignment);
}

std::string_view    subsystem_resource::name() const noexcept { return node_->view(); }
subsystem_resource* subsystem_resource::parent() const noexcept { return node_->parent ? &node_->parent->resource : nullptr; }

std::pmr::memory_resource* subsystem_resource::upstream_resource() const noexcept {
    const backend* const bound = node_->bound.load(std::memory_order_acquire);
    if (bound == nullptr) return nullptr;
    std::pmr::memory_resource* const heap = node_->heap.load(std::memory_order_relaxed);
    return heap != nullptr ? heap : &bound->resource();
}

layer* subsystem_resource::upstream_layer() const noexcept { return nullptr; }

void subsystem_resource::trim() noexcept {
    const backend* const bound = node_->bound.load(std::memory_order_acquire);
    if (bound != nullptr && bound->trim != nullptr) bound->trim();
}

subsystem_usage subsystem_resource::usage() const noexcept {
    const backend* const bound = node_->bound.load(std::memory_order_acquire);
    subsystem_usage      u;
    u.name = node_->view();
    if (node_->parent != nullptr) u.parent = node_->parent->view();
    if (bound != nullptr) u.backend = bound->name;
    u.live = node_->live.load(std::memory_order_relaxed);
    u.peak = node_->peak.load(std::memory_order_relaxed);
    u.total = node_->total.load(std::memory_order_relaxed);
    u.count = node_->count.load(std::memory_order_relaxed);
    u.failures = node_->failures.load(std::memory_order_relaxed);
    u.limit = node_->limit.load(std::memory_order_relaxed);
    return u;
}

}  // namespace autopmr

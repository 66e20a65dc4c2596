#include <autopmr/subsystem.hpp>

#include <autopmr/describe.hpp>
#include <autopmr/errors.hpp>
#include <autopmr/fault_report.hpp>
#include <autopmr/resource_ptr.hpp>

#include "src/subsystem_node.hpp"

namespace autopmr {
namespace {

[[noreturn, gnu::noinline, gnu::cold]] void refuse(const subsystem_node& node, const ledger& refuser, std::size_t bytes, std::size_t alignment) {
    const subsystem_node* over = &node;
    while (&over->books != &refuser) over = over->parent;
    if (refuser.limit() == ledger::no_limit) throw_out_of_memory(bytes, alignment, over->name);  // more than any book can hold
    throw_limit_exceeded(bytes, alignment, over->name, refuser.limit());
}

// What is rare stands in functions of its own, so that the common way through needs few registers and no frame.

[[gnu::noinline, gnu::cold]] void prepare(subsystem_node& node) noexcept {
    if (node.heap.load(std::memory_order_acquire) == nullptr) bind(node);
}

[[gnu::noinline]] void* allocate_from_heap(subsystem_node& node, std::size_t bytes, std::size_t alignment) {
    return node.heap.load(std::memory_order_acquire)->allocate(bytes, alignment);
}

[[gnu::noinline]] void deallocate_to_heap(subsystem_node& node, void* block, std::size_t bytes, std::size_t alignment) noexcept {
    if (std::pmr::memory_resource* const heap = node.heap.load(std::memory_order_acquire)) {
        node.books.retire(bytes);
        return heap->deallocate(block, bytes, alignment);
    }
    fault_report report;  // a subsystem that never gave a block gets one back
    report.kind = fault_kind::foreign_pointer;
    report.address = block;
    report.resource = node.name;
    report.given_bytes = bytes;
    report.given_alignment = alignment;
    report_fault(report);
}

// Undone where the backend throws, confirmed where it gives a block.
class charged {
public:
    charged(ledger& books, std::size_t bytes) noexcept : books_(&books), bytes_(bytes) {}
    charged(const charged&) = delete;
    charged& operator=(const charged&) = delete;
    ~charged() {
        if (books_ != nullptr) books_->cancel(bytes_);
    }
    void keep() noexcept {
        books_->commit(bytes_);
        books_ = nullptr;
    }

private:
    ledger*     books_;
    std::size_t bytes_;
};

}  // namespace

void* subsystem_resource::do_allocate(std::size_t bytes, std::size_t alignment) {
    subsystem_node& node = *node_;
    // Before anything is charged: binding may load the policy that sets the limit.
    if (node.allocate.load(std::memory_order_acquire) == nullptr) [[unlikely]] prepare(node);
    if (const ledger* const refuser = node.books.charge(bytes)) [[unlikely]] refuse(node, *refuser, bytes, alignment);
    charged            books(node.books, bytes);
    const raw_allocate raw = node.allocate.load(std::memory_order_acquire);
    void* const        block = raw != nullptr ? raw(bytes, alignment) : allocate_from_heap(node, bytes, alignment);
    books.keep();
    return block;
}

void subsystem_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    subsystem_node& node = *node_;
    if (node.deallocate.load(std::memory_order_acquire) == nullptr) [[unlikely]] return deallocate_to_heap(node, block, bytes, alignment);
    node.books.retire(bytes);
    node.deallocate.load(std::memory_order_relaxed)(block, bytes, alignment);
}

std::string_view    subsystem_resource::name() const noexcept { return node_->view(); }
subsystem_resource* subsystem_resource::parent() const noexcept { return node_->parent ? &node_->parent->resource : nullptr; }

std::pmr::memory_resource* subsystem_resource::upstream_resource() const noexcept {
    const backend* const bound = node_->bound.load(std::memory_order_acquire);
    if (bound == nullptr) return nullptr;
    layer* const heap = node_->heap.load(std::memory_order_relaxed);
    return heap != nullptr ? heap : &bound->resource();
}

layer* subsystem_resource::upstream_layer() const noexcept {
    layer* const heap = node_->heap.load(std::memory_order_acquire);
    return heap != nullptr ? heap : known_layer(upstream_resource());
}

layer_facts subsystem_resource::facts() const noexcept { return facts_of(node_->books.now()); }

void subsystem_resource::trim() noexcept {
    const backend* const bound = node_->bound.load(std::memory_order_acquire);
    if (layer* const heap = node_->heap.load(std::memory_order_relaxed); bound != nullptr && heap != nullptr) heap->trim();
    else if (bound != nullptr && bound->trim != nullptr) bound->trim();
}

subsystem_usage subsystem_resource::usage() const noexcept {
    const backend* const bound = node_->bound.load(std::memory_order_acquire);
    subsystem_usage      u;
    static_cast<autopmr::usage&>(u) = node_->books.now();
    u.name = node_->view();
    if (node_->parent != nullptr) u.parent = node_->parent->view();
    if (bound != nullptr) u.backend = node_->in_force.terminal() ? upstream_layer()->name() : bound->name;
    return u;
}

}  // namespace autopmr

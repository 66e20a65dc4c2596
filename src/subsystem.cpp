#include <autopmr/subsystem.hpp>

#include <autopmr/errors.hpp>
#include <autopmr/fault_report.hpp>
#include <autopmr/resource_ptr.hpp>

#include "src/subsystem_node.hpp"


namespace autopmr {
namespace {

[[noreturn]] void refuse(const subsystem_node& node, const ledger& refuser, std::size_t bytes, std::size_t alignment) {
    const subsystem_node* over = &node;
    while (&over->books != &refuser) over = over->parent;
    if (refuser.limit() == ledger::no_limit) throw_out_of_memory(bytes, alignment, over->name);  // more than any book can hold
    throw_limit_exceeded(bytes, alignment, over->name, refuser.limit());
}

// Undone where the backend throws, forgotten where it gives a block.
class charged {
public:
    charged(ledger& books, std::size_t bytes) noexcept : books_(&books), bytes_(bytes) {}
    charged(const charged&) = delete;
    charged& operator=(const charged&) = delete;
    ~charged() {
        if (books_ != nullptr) books_->cancel(bytes_);
    }
    void keep() noexcept { books_ = nullptr; }

private:
    ledger*     books_;
    std::size_t bytes_;
};

void report_foreign(const subsystem_node& node, const void* block, std::size_t bytes, std::size_t alignment) noexcept {
    fault_report report;
    report.kind = fault_kind::foreign_pointer;
    report.address = block;
    report.resource = node.name;
    report.given_bytes = bytes;
    report.given_alignment = alignment;
    report_fault(report);
}

}  // namespace

void* subsystem_resource::do_allocate(std::size_t bytes, std::size_t alignment) {
    subsystem_node& node = *node_;
    raw_allocate    raw = node.allocate.load(std::memory_order_acquire);
    if (raw == nullptr && node.heap.load(std::memory_order_acquire) == nullptr) {
        bind(node);
        raw = node.allocate.load(std::memory_order_acquire);
    }
    if (const ledger* const refuser = node.books.charge(bytes)) refuse(node, *refuser, bytes, alignment);
    charged     books(node.books, bytes);
    void* const block = raw != nullptr ? raw(bytes, alignment) : node.heap.load(std::memory_order_acquire)->allocate(bytes, alignment);
    books.keep();
    return block;
}

void subsystem_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    subsystem_node&                  node = *node_;
    const raw_deallocate             raw = node.deallocate.load(std::memory_order_acquire);
    std::pmr::memory_resource* const heap = raw == nullptr ? node.heap.load(std::memory_order_acquire) : nullptr;
    if (raw == nullptr && heap == nullptr) return report_foreign(node, block, bytes, alignment);
    node.books.retire(bytes);
    if (raw != nullptr) raw(block, bytes, alignment);
    else heap->deallocate(block, bytes, alignment);
}

std::string_view    subsystem_resource::name() const noexcept { return node_->view(); }
subsystem_resource* subsystem_resource::parent() const noexcept { return node_->parent ? &node_->parent->resource : nullptr; }

std::pmr::memory_resource* subsystem_resource::upstream_resource() const noexcept {
    const backend* const bound = node_->bound.load(std::memory_order_acquire);
    if (bound == nullptr) return nullptr;
    std::pmr::memory_resource* const heap = node_->heap.load(std::memory_order_relaxed);
    return heap != nullptr ? heap : &bound->resource();
}

layer* subsystem_resource::upstream_layer() const noexcept { return known_layer(upstream_resource()); }

void subsystem_resource::trim() noexcept {
    const backend* const bound = node_->bound.load(std::memory_order_acquire);
    if (bound != nullptr && bound->trim != nullptr) bound->trim();
}

subsystem_usage subsystem_resource::usage() const noexcept {
    const backend* const bound = node_->bound.load(std::memory_order_acquire);
    subsystem_usage      u;
    static_cast<autopmr::usage&>(u) = node_->books.now();
    u.name = node_->view();
    if (node_->parent != nullptr) u.parent = node_->parent->view();
    if (bound != nullptr) u.backend = bound->name;
    return u;
}

}  // namespace autopmr

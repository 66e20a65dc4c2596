#include <autopmr/decorators/tracking_resource.hpp>

#include <autopmr/errors.hpp>
#include <autopmr/fault_report.hpp>

#include "resources/decorators/tracking_resource_books.hpp"
#include "src/support/call_stack.hpp"

#include <bit>
#include <cstdint>
#include <utility>

namespace autopmr {
namespace {

/// Gives a record back when it goes, unless the upstream served.
struct pending {
    tracking_books*         books;
    tracking_books::record* taken;
    ~pending() {
        if (taken != nullptr) books->give_back(*taken);
    }
};

}  // namespace

tracking_resource::tracking_resource(tracking_options options, resource_ptr upstream) noexcept
    : options_(options), books_(tracking_books::make()), upstream_(std::move(upstream)) {}

void* tracking_resource::do_allocate(std::size_t bytes, std::size_t alignment) {
    if (!std::has_single_bit(alignment)) throw_bad_alignment(bytes, alignment, "tracking");
    const void* const caller = __builtin_return_address(0);
    pending           one{books_, nullptr};
    if (books_ != nullptr)
        one.taken = books_->reserve(options_.call_stacks ? call_stack::from(caller) : call_stack::only(caller));
    if (one.taken == nullptr) throw_out_of_memory(bytes, alignment, "tracking");
    void* const block = upstream_.allocate(bytes, alignment);
    books_->commit(*std::exchange(one.taken, nullptr), block, bytes, alignment);
    return block;
}

void tracking_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    const fault_report found = books_ != nullptr
                                   ? books_->retire(block, bytes, alignment)
                                   : tracking_books::foreign(block, bytes, alignment);  // nothing was ever handed out
    if (found.kind == fault_kind::unknown) upstream_.deallocate(block, bytes, alignment);
    else report_fault(found);  // returns where the block is to stay out of circulation
}

std::size_t   tracking_resource::live_blocks() const noexcept { return books_ != nullptr ? books_->live().blocks : 0; }
std::size_t   tracking_resource::live_bytes() const noexcept { return books_ != nullptr ? books_->live().bytes : 0; }
std::uint64_t tracking_resource::allocations() const noexcept { return books_ != nullptr ? books_->allocations() : 0; }

layer_facts tracking_resource::facts() const noexcept {
    return layer_facts().append(live_blocks()).append(" blocks and ").append(live_bytes()).append(" bytes live");
}

}  // namespace autopmr

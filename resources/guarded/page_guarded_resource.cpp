#include <autopmr/guarded/page_guarded_resource.hpp>

#include <autopmr/errors.hpp>

#include <bit>
#include <cstdint>

namespace autopmr {
namespace {

guard_owner owner_of(const page_guarded_options& options, guard_pool& pool) {
    guard_owner owner{options.name, options.subsystem, options.on_fault, options.leaks};
    if (!pool.enlist(owner)) throw_out_of_memory(0, 1, options.name);
    return owner;
}

}  // namespace

page_guarded_resource::page_guarded_resource(const page_guarded_options& options)
    : own_(std::in_place, options.pool), pool_(*own_), owner_(owner_of(options, pool_)), exhausted_(options.exhausted),
      spare_(options.exhausted == guard_exhausted::upstream ? options.spare : nullptr) {}

page_guarded_resource::page_guarded_resource(guard_pool& shared, const page_guarded_options& options)
    : pool_(shared), owner_(owner_of(options, shared)), exhausted_(options.exhausted),
      spare_(options.exhausted == guard_exhausted::upstream ? options.spare : nullptr) {}

page_guarded_resource::~page_guarded_resource() { pool_.dismiss(owner_); }

void* page_guarded_resource::do_allocate(std::size_t bytes, std::size_t alignment) {
    if (!std::has_single_bit(alignment)) throw_bad_alignment(bytes, alignment, owner_.name);
    if (bytes > PTRDIFF_MAX) throw_out_of_memory(bytes, alignment, owner_.name);
    const void* const caller = __builtin_return_address(0);
    void*             block = pool_.allocate(bytes, alignment, owner_, caller);
    if (block != nullptr) return block;
    if (exhausted_ == guard_exhausted::recycle_oldest && pool_.recycle(bytes, alignment))
        block = pool_.allocate(bytes, alignment, owner_, caller);
    if (block == nullptr && spare_ != nullptr) {
        block = spare_->allocate(bytes, alignment);
        unguarded_.fetch_add(1, std::memory_order_relaxed);
    }
    if (block == nullptr) throw_out_of_memory(bytes, alignment, owner_.name);
    return block;
}

void page_guarded_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    // What is not of the pool can only be the spare's, where there is one: it has no books of its own here.
    if (spare_ != nullptr && !pool_.contains(block)) spare_->deallocate(block, bytes, alignment);
    else pool_.deallocate(block, bytes, alignment, owner_, __builtin_return_address(0));
}

layer_facts page_guarded_resource::facts() const noexcept {
    const guard_pool_usage now = usage();
    layer_facts            text;
    text.append(now.live).append(" blocks and ").append(now.live_bytes).append(" bytes live, ").append(now.quarantined);
    text.append(now.guard_markers ? " freed ones guarded, by markers" : " freed ones guarded, by mappings");
    if (unguarded() != 0) text.append(", ").append(unguarded()).append(" were not guarded");
    return text;
}

}  // namespace autopmr

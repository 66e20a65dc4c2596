#include <autopmr/pools/pool_resource.hpp>

#include "src/support/chunk_store.hpp"

#include <new>

namespace autopmr {

struct pool_resource::state : chunk_heap {
    state(std::size_t chunk_bytes, const resource_ptr& upstream) noexcept : chunk_heap(chunk_bytes), store("pool", chunk_bytes, upstream) {}

    chunk_store<no_mutex> store;
};

pool_resource::pool_resource(const pool_options& options, resource_ptr upstream) noexcept
    : heap_(&no_heap), upstream_(std::move(upstream)), options_(options) {}

bool                  pool_resource::unused() const noexcept { return heap_ == &no_heap; }
pool_resource::state& pool_resource::own() const noexcept { return static_cast<state&>(*heap_); }

void* pool_resource::do_allocate(std::size_t bytes, std::size_t alignment) {
    if (bytes > size_classes::small || !size_classes::plain_alignment(alignment)) [[unlikely]] return allocate_slowly(bytes, alignment);
    if (void* const block = heap_->take(size_classes::step_of(bytes, alignment))) [[likely]] return block;
    return allocate_slowly(bytes, alignment);
}

void pool_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    if (!heap_->is_small(bytes) || alignment > size_classes::most_plain_alignment) [[unlikely]] return deallocate_slowly(block, bytes, alignment);
    chunk& from = *heap_->chunk_of(block);
    if (!heap_->gave(from, bytes) || from.free == block) [[unlikely]] return deallocate_slowly(block, bytes, alignment);
    if (!chunk_heap::put(from, block)) [[unlikely]] emptied(from);
}

// In a function of its own, so that the common way needs no frame.
[[gnu::noinline]] void pool_resource::emptied(chunk& which) noexcept {
    if (chunk* const gone = heap_->emptied(which)) own().store.keep(*gone);
}

void pool_resource::begin() {
    void* const memory = upstream_.allocate(sizeof(state), alignof(state));
    if (!unused()) return upstream_.deallocate(memory, sizeof(state), alignof(state));  // the upstream came back here, and was faster
    heap_ = ::new (memory) state(chunk_heap::sound_chunk_bytes(options_.chunk_bytes), upstream_);
}

[[gnu::noinline]] void* pool_resource::allocate_slowly(std::size_t bytes, std::size_t alignment) {
    check_request("pool", bytes, alignment);
    if (unused()) begin();
    chunk_heap& heap = *heap_;
    auto&       store = own().store;
    const pooled_request request(bytes, alignment, heap.largest());
    if (request.index == 0) return store.allocate_large(bytes, alignment);
    if (void* const block = heap.refill(request.index, bytes)) return block;
    chunk* more = store.idle();
    if (more == nullptr) more = store.fetch(heap);
    heap.add(*more, request.index);
    return heap.refill(request.index, bytes);
}

[[gnu::noinline]] void pool_resource::deallocate_slowly(void* block, std::size_t bytes, std::size_t alignment) noexcept {
    if (unused()) {
        return chunk_store<no_mutex>("pool", 0, upstream_).report(fault_kind::foreign_pointer, block, 0, 0, bytes, alignment);
    }
    chunk_heap&          heap = *heap_;
    auto&                store = own().store;
    const pooled_request request(bytes, alignment, heap.largest());
    if (request.index == 0) {
        if (!store.deallocate_large(block, bytes, alignment)) store.report_stray(heap.chunks(), block, bytes, alignment);
        return;
    }
    chunk& from = *heap.chunk_of(block);
    if (from.home != &heap || from.block_bytes != size_classes::bytes_of(request.index)) {
        if (!store.deallocate_large(block, bytes, alignment)) store.report_stray(heap.chunks(), block, bytes, alignment);
        return;
    }
    if (from.free == block) return store.report(fault_kind::double_free, block, from.block_bytes, 0, bytes, alignment);
    heap.taken_back(from, block);
    if (chunk* const gone = heap.give(from, block)) store.keep(*gone);
}

void pool_resource::trim() noexcept {
    if (!unused()) {
        while (chunk* const free = heap_->spare()) own().store.give_back(*free);
        own().store.trim();
    }
    layer::trim();
}

void pool_resource::release() noexcept {
    if (unused()) return;
    state& last = own();
    heap_ = &no_heap;
    chunk* const chunks = last.chunks();
    last.forget();  // first: their memory is somebody else's as soon as it is given back
    last.store.give_back_all(chunks);
    last.store.release();
    last.~state();
    upstream_.deallocate(&last, sizeof(state), alignof(state));
}

pool_usage pool_resource::usage() const noexcept {
    pool_usage u;
    if (unused()) return u;
    u.reserved_bytes = sizeof(state);
    for (const chunk* one = heap_->chunks(); one != nullptr; one = one->next_of_heap) {
        const std::size_t live = chunk_heap::live_of(*one);
        u.live_blocks += live;
        u.live_bytes += live * one->block_bytes;
        u.idle_chunks += live == 0;
    }
    own().store.add_to(u);
    return u;
}

}  // namespace autopmr

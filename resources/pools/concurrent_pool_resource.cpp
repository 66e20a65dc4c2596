#include <autopmr/pools/concurrent_pool_resource.hpp>

#include "resources/pools/concurrent_pool_resource_cache.hpp"

#include <new>

namespace autopmr {
namespace {

// Local to this file, so that it is compiled in line: what a shared library exports may be replaced, and so never is.
pool_cache* of_this_thread(const std::atomic<std::uint32_t>& slot) noexcept {
    thread_record* const record = this_thread_record();
    if (reinterpret_cast<std::uintptr_t>(record) <= thread_is_over) return nullptr;
    return static_cast<pool_cache*>(record->cache(slot.load(std::memory_order_relaxed)).load(std::memory_order_relaxed));
}

}  // namespace

concurrent_pool_resource::concurrent_pool_resource(const pool_options& options, resource_ptr upstream)
    : slot_(pool_threads::nobodys) {
    void* const memory = upstream.allocate(sizeof(pool_state), alignof(pool_state));
    state_ = ::new (memory) pool_state(chunk_heap::sound_chunk_bytes(options.chunk_bytes), std::move(upstream));
    pool_threads::enlist(*this);
}

concurrent_pool_resource::~concurrent_pool_resource() {
    release();
    pool_threads::delist(*this);
    resource_ptr upstream = state_->store.upstream();  // it goes last
    state_->~pool_state();
    upstream.deallocate(state_, sizeof(pool_state), alignof(pool_state));
}

void* concurrent_pool_resource::do_allocate(std::size_t bytes, std::size_t alignment) {
    if (bytes > size_classes::small || !size_classes::plain_alignment(alignment)) [[unlikely]] return allocate_slowly(bytes, alignment);
    pool_cache* const mine = of_this_thread(slot_);
    if (mine == nullptr) [[unlikely]] return allocate_slowly(bytes, alignment);
    if (void* const block = mine->take(size_classes::step_of(bytes, alignment))) [[likely]] return block;
    return allocate_slowly(bytes, alignment);
}

void concurrent_pool_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    pool_cache* const mine = of_this_thread(slot_);
    if (mine == nullptr || !mine->is_small(bytes) || alignment > size_classes::most_plain_alignment) [[unlikely]]
        return deallocate_slowly(block, bytes, alignment);
    chunk& from = *mine->chunk_of(block);
    if (!mine->gave(from, bytes) || from.free == block) [[unlikely]] return deallocate_slowly(block, bytes, alignment);
    if (!chunk_heap::put(from, block)) [[unlikely]] emptied(from);
}

// In a function of its own, so that the common way needs no frame.
[[gnu::noinline]] void concurrent_pool_resource::emptied(chunk& which) noexcept {
    if (chunk* const gone = which.home->emptied(which)) state_->store.keep(*gone);
}

[[gnu::noinline]] void* concurrent_pool_resource::allocate_slowly(std::size_t bytes, std::size_t alignment) {
    // For a thread that can't keep a cache: one that is over, say.
    struct borrowed {
        pool_state& of;
        pool_cache& one;
        ~borrowed() { of.leave(one); }
    };
    check_request("concurrent_pool", bytes, alignment);
    const pooled_request request(bytes, alignment, state_->chunk_bytes() / 8);
    if (request.index == 0) return state_->store.allocate_large(bytes, alignment);
    pool_cache* mine = of_this_thread(slot_);
    if (mine == nullptr) mine = pool_threads::enter(*this);
    if (mine != nullptr) return state_->serve(*mine, request.index, bytes);
    const borrowed for_now{*state_, *state_->adopt_or_make()};
    return state_->serve(for_now.one, request.index, bytes);
}

[[gnu::noinline]] void concurrent_pool_resource::deallocate_slowly(void* block, std::size_t bytes, std::size_t alignment) noexcept {
    auto&                store = state_->store;
    const pooled_request request(bytes, alignment, state_->chunk_bytes() / 8);
    if (request.index == 0) {
        if (!store.deallocate_large(block, bytes, alignment)) store.report(fault_kind::foreign_pointer, block, 0, 0, bytes, alignment);
        return;
    }
    chunk& from = state_->chunk_of(block);
    if (!chunk_heap::is_sound(from) || static_cast<pool_cache*>(from.home)->pool != state_) {
        if (!store.deallocate_large(block, bytes, alignment)) store.report(fault_kind::foreign_pointer, block, 0, 0, bytes, alignment);
        return;
    }
    if (from.block_bytes != size_classes::bytes_of(request.index))
        return store.report(fault_kind::wrong_size, block, from.block_bytes, 0, bytes, alignment);
    pool_cache* mine = of_this_thread(slot_);
    if (mine == nullptr) mine = pool_threads::enter_to_deallocate(*this);
    if (mine == from.home) {
        if (from.free == block) return store.report(fault_kind::double_free, block, from.block_bytes, 0, bytes, alignment);
        mine->taken_back(from, block);
        if (chunk* const gone = mine->give(from, block)) store.keep(*gone);
        return;
    }
    auto& home = *static_cast<pool_cache*>(from.home);
    (mine != nullptr ? *mine : home).taken_back(from, block);
    if (!(mine != nullptr ? mine->send(home, from, block) : home.receive(block)))
        store.report(fault_kind::double_free, block, from.block_bytes, 0, bytes, alignment);
}

void concurrent_pool_resource::trim() noexcept {
    if (pool_cache* const mine = of_this_thread(slot_)) state_->trim(*mine);
    state_->trim_idle();
    state_->store.trim();
    layer::trim();
}

void concurrent_pool_resource::release() noexcept {
    pool_threads::clear(*this);
    while (pool_cache* const one = state_->all) {
        state_->all = one->next;
        chunk* const chunks = one->chunks();
        state_->destroy(*one);  // first: the chunks' memory is somebody else's as soon as it is given back
        state_->store.give_back_all(chunks);
    }
    state_->first_idle = state_->last_idle = nullptr;
    state_->caches = 0;
    state_->store.release();
}

pool_usage concurrent_pool_resource::usage() const noexcept {
    pool_usage u;
    state_->store.add_to(u);
    const std::scoped_lock hold(state_->store.mutex());
    u.thread_caches = state_->caches;
    u.reserved_bytes += sizeof(pool_state) + u.thread_caches * sizeof(pool_cache);
    return u;
}

std::pmr::memory_resource* concurrent_pool_resource::upstream_resource() const noexcept { return state_->store.upstream().get(); }
layer*                     concurrent_pool_resource::upstream_layer() const noexcept { return state_->store.upstream().as_layer(); }

}  // namespace autopmr

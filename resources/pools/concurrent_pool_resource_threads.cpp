#include "resources/pools/concurrent_pool_resource_cache.hpp"

#include <atomic>
#include <bit>
#include <mutex>

namespace autopmr {
namespace {

using std::memory_order_relaxed;

constexpr std::uint32_t place_bytes = sizeof(std::atomic<void*>), places = per_thread::caches_bytes / place_bytes;

// Under per_thread::lock().
constinit std::uint64_t taken[places / 64] = {1};                        // the first is nobody's
constinit std::uint32_t places_end = per_thread::cells_bytes;            // past the last that was ever taken

std::uint32_t take_place() noexcept {
    for (std::uint32_t word = 0; word != places / 64; ++word) {
        if (taken[word] == UINT64_MAX) continue;
        const auto bit = static_cast<std::uint32_t>(std::countr_one(taken[word]));
        taken[word] |= std::uint64_t{1} << bit;
        const std::uint32_t offset = per_thread::cells_bytes + (word * 64 + bit) * place_bytes;
        places_end = std::max(places_end, offset + place_bytes);
        return offset;
    }
    return pool_threads::nobodys;
}

void leave_place(std::uint32_t offset) noexcept {
    const std::uint32_t place = (offset - per_thread::cells_bytes) / place_bytes;
    taken[place / 64] &= ~(std::uint64_t{1} << place % 64);
}

constinit pool_state* pools = nullptr;

// Looks first: what was never written to is not backed by memory yet.
void forget(std::atomic<void*>& cache) noexcept {
    if (cache.load(memory_order_relaxed) != nullptr) cache.store(nullptr, memory_order_relaxed);
}

void thread_ends(thread_record& mine) noexcept {
    const std::scoped_lock hold(per_thread::lock());
    for (std::uint32_t offset = per_thread::cells_bytes; offset < mine.caches_end; offset += place_bytes) {
        auto* const one = static_cast<pool_cache*>(mine.cache(offset).exchange(nullptr, memory_order_relaxed));
        if (one != nullptr) one->pool->leave(*one);
    }
    mine.caches_end = 0;
}
void before_fork() noexcept {
    for (pool_state* one = pools; one != nullptr; one = one->next) one->store.mutex().lock();
}
void in_parent() noexcept {
    for (pool_state* one = pools; one != nullptr; one = one->next) one->store.mutex().unlock();
}
// What other threads were in the middle of stays as it is, out of everybody's way: their caches, and what was on its way to those
// that go on. Blocks that lie there are lost to the child; the pool's end gives their chunks back, but for one that was
// between two lists at that moment.
void in_child() noexcept {
    thread_record* const mine = per_thread::current();
    for (thread_record* record = per_thread::first_record(); record != nullptr; record = record->next) {
        if (record == mine || !record->in_use) continue;
        for (std::uint32_t offset = per_thread::cells_bytes; offset != places_end; offset += place_bytes)
            forget(record->cache(offset));
        record->caches_end = 0;
    }
    for (pool_state* one = pools; one != nullptr; one = one->next) {
        for (pool_cache* each = one->all; each != nullptr; each = each->next) each->inbox.store(nullptr, memory_order_relaxed);
        one->store.mutex().unlock();
    }
}
constinit per_thread::guest guest{thread_ends, before_fork, in_parent, in_child};

}  // namespace

void pool_threads::enlist(concurrent_pool_resource& pool) noexcept {
    per_thread::invite(guest);
    const std::scoped_lock hold(per_thread::lock());
    pool_state*&          first = pools;
    pool.state_->next = first;
    if (first != nullptr) first->previous = pool.state_;
    first = pool.state_;
}

void pool_threads::delist(concurrent_pool_resource& pool) noexcept {
    const std::scoped_lock hold(per_thread::lock());
    pool_state&           s = *pool.state_;
    (s.previous != nullptr ? s.previous->next : pools) = s.next;
    if (s.next != nullptr) s.next->previous = s.previous;
    if (const std::uint32_t offset = pool.slot_.load(memory_order_relaxed); offset != nobodys) leave_place(offset);
}

void pool_threads::clear(concurrent_pool_resource& pool) noexcept {
    const std::scoped_lock hold(per_thread::lock());
    const std::uint32_t    offset = pool.slot_.load(memory_order_relaxed);
    if (offset == nobodys) return;
    for (thread_record* record = per_thread::first_record(); record != nullptr; record = record->next)
        if (record->in_use) forget(record->cache(offset));
}

namespace {

// This thread's record, with a place for the pool in it; null where that can't be had.
thread_record* record_with_place(std::atomic<std::uint32_t>& slot) noexcept {
    thread_record* const record = per_thread::current_or_new();
    if (record == nullptr) return nullptr;
    std::uint32_t offset = slot.load(memory_order_relaxed);
    if (offset == pool_threads::nobodys) {
        const std::scoped_lock hold(per_thread::lock());
        offset = slot.load(memory_order_relaxed);
        if (offset == pool_threads::nobodys) slot.store(offset = take_place(), memory_order_relaxed);
    }
    return offset != pool_threads::nobodys ? record : nullptr;
}

pool_cache* settle(pool_state& state, thread_record& record, std::uint32_t offset, pool_cache* one) noexcept {
    auto* const there = static_cast<pool_cache*>(record.cache(offset).load(memory_order_relaxed));
    if (there != nullptr) {  // the upstream came back to the pool from within, and that call settled already
        if (one != nullptr) state.leave(*one);
        return there;
    }
    if (one == nullptr) return nullptr;
    record.caches_end = std::max(record.caches_end, offset + place_bytes);
    record.cache(offset).store(one, memory_order_relaxed);
    return one;
}

}  // namespace

pool_cache* pool_threads::enter(concurrent_pool_resource& pool) {
    thread_record* const record = record_with_place(pool.slot_);
    if (record == nullptr) return nullptr;
    pool_cache* const one = pool.state_->adopt_or_make();
    return settle(*pool.state_, *record, pool.slot_.load(memory_order_relaxed), one);
}

pool_cache* pool_threads::enter_to_deallocate(concurrent_pool_resource& pool) noexcept {
    thread_record* const record = record_with_place(pool.slot_);
    return record != nullptr ? settle(*pool.state_, *record, pool.slot_.load(memory_order_relaxed), pool.state_->adopt_or_map()) : nullptr;
}

}  // namespace autopmr

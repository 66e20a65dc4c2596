#include "resources/pools/concurrent_pool_resource_cache.hpp"

#include "src/platform/os.hpp"
#include "src/support/announce.hpp"

#include <new>

namespace autopmr {

void pool_cache::receive(free_block* first, free_block* last) noexcept {
    free_block* before = inbox.load(std::memory_order_relaxed);
    do last->next = before;
    while (!inbox.compare_exchange_weak(before, first, std::memory_order_release, std::memory_order_relaxed));
}

// A single block, hidden while it lies there. Where somebody watches: the links of a batch would have to be shown and hidden again.
bool pool_cache::receive(void* block) noexcept {
    auto* const one = static_cast<free_block*>(block);
    free_block* before = inbox.load(std::memory_order_relaxed);
    do {
        if (before == one) return false;
        if (watched()) announce::show(one, sizeof *one);
        one->next = before;
        if (watched()) announce::hide(one, sizeof *one);
    } while (!inbox.compare_exchange_weak(before, one, std::memory_order_release, std::memory_order_relaxed));
    return true;
}

void pool_cache::send(batch& one) noexcept {
    if (one.count != 0) one.to->receive(one.first, one.last);
    one = {};
}

bool pool_cache::send(pool_cache& to, const chunk& from, void* block) noexcept {
    if (watched()) return to.receive(block);
    batch& one = out[(reinterpret_cast<std::uintptr_t>(&to) >> 6) % batches];
    if (one.to != &to) {
        send(one);
        one.to = &to;
    }
    auto* const link = static_cast<free_block*>(block);
    if (one.first == link) return false;
    link->next = one.first;
    one.first = link;
    if (one.count == 0) one.last = link;
    ++one.count;
    one.bytes += from.block_bytes;
    if (one.count == most_blocks || one.bytes >= most_bytes) send(one);
    return true;
}

void pool_cache::send_all() noexcept {
    for (batch& one : out) send(one);
}

bool pool_cache::collect() noexcept {
    constexpr int     some = 256;
    free_block* left = backlog != nullptr ? backlog : inbox.exchange(nullptr, std::memory_order_acquire);
    if (left == nullptr) return false;
    for (int i = 0; left != nullptr && i != some; ++i) {
        free_block* const block = left;
        if (watched()) announce::show_as_written(block, sizeof *block);
        left = block->next;
        if (chunk* const gone = give(*chunk_of(block), block)) pool->store.keep(*gone);
    }
    backlog = left;
    return true;
}

pool_cache* pool_state::adopt() noexcept {
    const std::scoped_lock hold(store.mutex());
    pool_cache* const           one = first_idle;
    if (one == nullptr) return nullptr;
    first_idle = one->next_idle;
    if (first_idle == nullptr) last_idle = nullptr;
    return one;
}

pool_cache* pool_state::adopt_or_make() {
    if (pool_cache* const left = adopt()) return left;
    auto* const one = ::new (store.upstream().allocate(sizeof(pool_cache), alignof(pool_cache))) pool_cache(chunk_bytes(), *this, false);
    enlist(*one);
    return one;
}

pool_cache* pool_state::adopt_or_map() noexcept {
    if (pool_cache* const left = adopt()) return left;
    void* const pages = os::map_pages(sizeof(pool_cache));
    if (pages == nullptr) return nullptr;
    auto* const one = ::new (pages) pool_cache(chunk_bytes(), *this, true);
    enlist(*one);
    return one;
}

void pool_state::enlist(pool_cache& one) noexcept {
    const std::scoped_lock hold(store.mutex());
    one.next = all;
    if (all != nullptr) all->previous = &one;
    all = &one;
    ++caches;
}

// What lies in its mail is looked after later: a thread that ends should not wait for what others sent.
void pool_state::leave(pool_cache& mine) noexcept {
    mine.send_all();
    mine.collect();
    while (chunk* const free = mine.spare()) store.keep(*free);
    const std::scoped_lock hold(store.mutex());
    mine.next_idle = nullptr;
    (last_idle != nullptr ? last_idle->next_idle : first_idle) = &mine;
    last_idle = &mine;
}

void pool_state::empty_mail(pool_cache& mine) noexcept {
    while (mine.collect()) {}
}

void pool_state::look_after_idle() noexcept {
    for (int i = 0; i != 8; ++i) {
        pool_cache* const one = adopt();
        if (one == nullptr) return;
        leave(*one);
    }
}

void* pool_state::serve(pool_cache& mine, unsigned index, std::size_t bytes) {
    // Most of what others sent is of the sizes that are asked for; what is left waits, so that no allocation waits for all of it.
    for (int rounds = 16; rounds != 0; --rounds) {
        if (void* const block = mine.refill(index, bytes)) return block;
        if (!mine.collect()) break;
    }
    chunk* more = store.idle();
    if (more == nullptr) {
        look_after_idle();
        more = store.idle();
    }
    if (more == nullptr) more = store.fetch(mine);
    mine.add(*more, index);
    return mine.refill(index, bytes);
}

void pool_state::trim(pool_cache& mine) noexcept {
    mine.send_all();
    empty_mail(mine);
    while (chunk* const free = mine.spare()) store.give_back(*free);
}

void pool_state::trim_idle() noexcept {
    pool_cache* kept = nullptr;
    while (pool_cache* const one = adopt()) {
        trim(*one);
        if (one->chunks() != nullptr) {
            one->next_idle = kept;
            kept = one;
            continue;
        }
        {
            const std::scoped_lock hold(store.mutex());
            (one->previous != nullptr ? one->previous->next : all) = one->next;
            if (one->next != nullptr) one->next->previous = one->previous;
            --caches;
        }
        destroy(*one);
    }
    while (kept != nullptr) leave(*std::exchange(kept, kept->next_idle));
}

void pool_state::destroy(pool_cache& one) noexcept {
    const bool mapped = one.mapped;
    one.~pool_cache();
    if (mapped) os::unmap_pages(&one, sizeof(pool_cache));
    else store.upstream().deallocate(&one, sizeof(pool_cache), alignof(pool_cache));
}

}  // namespace autopmr

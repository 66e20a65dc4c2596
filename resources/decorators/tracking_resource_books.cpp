#include "resources/decorators/tracking_resource_books.hpp"

#include "src/support/per_thread.hpp"

#include <algorithm>
#include <bit>
#include <mutex>
#include <new>

namespace autopmr {
namespace {

struct alignas(64) one_lock {  // a cache line each
    std::mutex mutex;
};
constinit one_lock locks[16];

std::mutex& lock_of(std::uint64_t hash) noexcept { return locks[hash >> 60].mutex; }

void lock_all() noexcept {
    for (one_lock& one : locks) one.mutex.lock();
}
void unlock_all() noexcept {
    for (one_lock& one : locks) one.mutex.unlock();
}

struct all_locked {
    all_locked() noexcept { lock_all(); }
    ~all_locked() { unlock_all(); }
};

constinit per_thread::guest fork_guest{[](thread_record&) noexcept {}, lock_all, unlock_all, unlock_all};

std::uint64_t hash_of_address(const void* address) noexcept {
    std::uint64_t mixed = reinterpret_cast<std::uintptr_t>(address) * 0x9E3779B97F4A7C15u;
    mixed ^= mixed >> 32;
    return mixed * 0xFF51AFD7ED558CCDu;
}

}  // namespace

tracking_books* tracking_books::make() noexcept {
    static_assert(shards == std::size(locks));
    per_thread::invite(fork_guest);
    void* const pages = os::map_pages(sizeof(tracking_books));
    return pages != nullptr ? ::new (pages) tracking_books : nullptr;
}

void tracking_books::unmake() noexcept {
    for (shard& one : shards_) {
        one.live.unmap();
        one.sites.unmap();
        one.store.unmap();
    }
    os::unmap_pages(this, sizeof *this);
}

tracking_books::site* tracking_books::shard::site_of(const call_stack& caller, std::uint64_t hash) noexcept {
    for (site* one = sites.chain(hash); one != nullptr; one = one->next)
        if (one->hash == hash &&
            std::equal(caller.frames, caller.frames + caller.depth, one->frames, one->frames + one->depth))
            return one;
    auto* const made = static_cast<site*>(store.take(offsetof(site, frames) + caller.depth * sizeof(void*)));
    if (made == nullptr) return nullptr;
    made->hash = hash;
    made->depth = caller.depth;
    std::copy_n(caller.frames, caller.depth, made->frames);
    sites.put(*made, [](const site& one) { return one.hash; });
    return made;
}

tracking_books::record* tracking_books::reserve(const call_stack& caller) noexcept {
    const std::uint64_t    hash = caller.hash();
    const std::scoped_lock hold(lock_of(hash));
    shard&                 here = of(hash);
    site* const            from = here.site_of(caller, hash);
    if (from == nullptr) return nullptr;
    record* taken = here.unused;
    if (taken != nullptr) here.unused = taken->next;
    else taken = static_cast<record*>(here.store.take(sizeof(record)));
    if (taken != nullptr) taken->from = from;
    return taken;
}

// Back to where it was taken: threads that only free must not hoard what others need.
void tracking_books::give_back(record& gone) noexcept {
    const std::uint64_t    hash = gone.from->hash;
    const std::scoped_lock hold(lock_of(hash));
    gone.next = of(hash).unused;
    of(hash).unused = &gone;
}

tracking_books::record* tracking_books::shard::take(const void* address, std::uint64_t hash) noexcept {
    for (record** link = &live.chain(hash); *link != nullptr; link = &(*link)->next) {
        if ((*link)->address != address) continue;
        live_bytes -= (*link)->bytes;
        return live.take(*link);
    }
    return nullptr;
}

void tracking_books::commit(record& taken, void* block, std::size_t bytes, std::size_t alignment) noexcept {
    taken.address = block;
    taken.bytes = bytes;
    taken.alignment_bits = static_cast<std::uint32_t>(std::countr_zero(alignment));
    taken.thread = static_cast<std::uint32_t>(per_thread::number());
    const std::uint64_t hash = hash_of_address(block);
    record*             before = nullptr;
    {
        const std::scoped_lock hold(lock_of(hash));
        shard&                 here = of(hash);
        before = here.take(block, hash);  // the upstream took it back by itself, as an arena does
        taken.sequence = sequence_.fetch_add(1, std::memory_order_relaxed) + 1;
        here.live_bytes += bytes;
        here.live.put(taken, [](const record& one) { return hash_of_address(one.address); });
    }
    if (before != nullptr) give_back(*before);
}

void tracking_books::shard::remember(const record& gone) noexcept {
    latest[frees++ % remembered] = {gone.address, gone.bytes, gone.alignment_bits};
}

void tracking_books::shard::recall(fault_report& found) const noexcept {
    for (std::size_t ago = 1; ago <= std::min(frees, remembered); ++ago) {
        const freed& one = latest[(frees - ago) % remembered];
        if (one.address != found.address) continue;
        found.kind = fault_kind::double_free;
        found.expected_bytes = one.bytes;
        found.expected_alignment = std::size_t{1} << one.alignment_bits;
        return;
    }
}

fault_report tracking_books::foreign(const void* block, std::size_t bytes, std::size_t alignment) noexcept {
    fault_report found;
    found.kind = fault_kind::foreign_pointer;
    found.address = block;
    found.resource = "tracking";
    found.given_bytes = bytes;
    found.given_alignment = alignment;
    return found;
}

fault_report tracking_books::retire(const void* block, std::size_t bytes, std::size_t alignment) noexcept {
    const std::uint64_t hash = hash_of_address(block);
    fault_report        found = foreign(block, bytes, alignment);
    record*             gone = nullptr;
    {
        const std::scoped_lock hold(lock_of(hash));
        shard&                 here = of(hash);
        gone = here.take(block, hash);
        if (gone != nullptr) here.remember(*gone);
        else here.recall(found);
    }
    if (gone == nullptr) return found;
    found.kind = fault_kind::unknown;
    if (gone->bytes != bytes) found.kind = fault_kind::wrong_size;
    else if (gone->alignment() != alignment) found.kind = fault_kind::wrong_alignment;
    found.expected_bytes = gone->bytes;
    found.expected_alignment = gone->alignment();
    give_back(*gone);
    return found;
}

tracking_books::sums tracking_books::sum() const noexcept {
    sums all;
    for (const shard& one : shards_) {
        all.blocks += one.live.size();
        all.bytes += one.live_bytes;
    }
    return all;
}

tracking_books::sums tracking_books::live() const noexcept {
    const all_locked hold;
    return sum();
}

mapped_row<tracked_block> tracking_books::copy(sums& all) const noexcept {
    const all_locked hold;
    all = sum();
    mapped_row<tracked_block> blocks(all.blocks);
    tracked_block*            to = blocks.begin();
    if (to == nullptr) return blocks;
    for (const shard& one : shards_)
        one.live.for_each([&](const record& r) {
            *to++ = {r.address, r.bytes, r.alignment(), r.sequence, r.thread, r.from->frames, r.from->depth};
        });
    return blocks;
}

}  // namespace autopmr

#include "src/support/stack_store.hpp"

namespace autopmr {
namespace {

// An entry: its hash, depth and next in the chain, then the frames. Written before it is published, and never after.
constexpr std::size_t head = 2;

std::uint64_t hash_of(const void* const* frames, std::size_t depth) noexcept {
    std::uint64_t mixed = depth;
    for (std::size_t i = 0; i != depth; ++i) {
        mixed ^= reinterpret_cast<std::uintptr_t>(frames[i]);
        mixed *= 0xFF51AFD7ED558CCDu;
        mixed ^= mixed >> 32;
    }
    return mixed;
}

}  // namespace

std::uint32_t stack_store::find(std::uint32_t from, std::uint64_t hash, const void* const* frames, std::size_t depth) const noexcept {
    for (std::uint32_t at = from; at != 0;) {
        const std::uint64_t* const one = words_ + at;
        if (one[0] == hash && (one[1] >> 32) == depth) {
            std::size_t same = 0;
            while (same != depth && one[head + same] == reinterpret_cast<std::uintptr_t>(frames[same])) ++same;
            if (same == depth) return at;
        }
        at = static_cast<std::uint32_t>(one[1]);
    }
    return 0;
}

std::uint32_t stack_store::put(const void* const* frames, std::size_t depth) noexcept {
    if (depth == 0) return 0;
    const std::uint64_t         hash = hash_of(frames, depth);
    std::atomic<std::uint32_t>& link = chain(hash);
    std::uint32_t               newest = link.load(std::memory_order_acquire);
    if (const std::uint32_t known = find(newest, hash, frames, depth)) return known;
    // Looked at before it is added to: what is full stays full, however many come.
    if (used_.load(std::memory_order_relaxed) + head + depth > end) return 0;
    const std::uint64_t at = used_.fetch_add(head + depth, std::memory_order_relaxed);
    if (at + head + depth > end) return 0;
    std::uint64_t* const made = words_ + at;
    made[0] = hash;
    for (std::size_t i = 0; i != depth; ++i) made[head + i] = reinterpret_cast<std::uintptr_t>(frames[i]);
    do {
        if (const std::uint32_t known = find(newest, hash, frames, depth)) return known;  // another thread's; the room is lost
        made[1] = static_cast<std::uint64_t>(depth) << 32 | newest;
    } while (!link.compare_exchange_weak(newest, static_cast<std::uint32_t>(at), std::memory_order_acq_rel, std::memory_order_acquire));
    return static_cast<std::uint32_t>(at);
}

std::size_t stack_store::get(std::uint32_t number, const void** out, std::size_t most) const noexcept {
    if (number < first || number + head > end) return 0;
    const std::uint64_t* const one = words_ + number;
    const auto                 depth = static_cast<std::size_t>(one[1] >> 32);
    std::size_t                count = 0;
    while (count != depth && count != most && number + head + count < end) {
        out[count] = reinterpret_cast<const void*>(static_cast<std::uintptr_t>(one[head + count]));
        ++count;
    }
    return count;
}

}  // namespace autopmr

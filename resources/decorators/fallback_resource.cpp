// The set is a digital search tree: at each level one bit of the block's mixed address says where to go on. The mixing loses
// nothing, so two blocks part after 64 levels at the latest, and after a few more than log2 of their number as a rule.
#include <autopmr/decorators/fallback_resource.hpp>

#include <autopmr/errors.hpp>
#include <autopmr/fault_report.hpp>

#include "src/support/attempt.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <mutex>
#include <new>

namespace autopmr {

struct fallback_resource::entry {
    const void* block;
    std::size_t bytes, alignment;  // as the user asked
    entry*      below[2];
};

namespace {

// What the secondary is asked for: the block, and behind it its entry.
template <class Entry>
constexpr std::size_t offset_of(std::size_t bytes) noexcept {
    return (bytes + alignof(Entry) - 1) / alignof(Entry) * alignof(Entry);
}

std::uint64_t mixed(const void* block) noexcept {  // the finalizer of MurmurHash3, which can be undone
    std::uint64_t bits = reinterpret_cast<std::uintptr_t>(block);
    bits = (bits ^ (bits >> 33)) * 0xFF51AFD7ED558CCDu;
    bits = (bits ^ (bits >> 33)) * 0xC4CEB9FE1A85EC53u;
    return bits ^ (bits >> 33);
}

// Where `block` hangs, or where it would.
template <class Entry>
Entry** place_of(Entry** at, const void* block) noexcept {
    for (std::uint64_t bits = mixed(block); *at != nullptr && (*at)->block != block; bits >>= 1)
        at = &(*at)->below[bits & 1];
    return at;
}

// Any leaf below takes the place of what goes: all below share the bits that lead there.
template <class Entry>
void unhang(Entry** place) noexcept {
    Entry* const gone = *place;
    Entry**      leaf = place;
    while ((*leaf)->below[0] != nullptr || (*leaf)->below[1] != nullptr)
        leaf = &(*leaf)->below[(*leaf)->below[0] == nullptr];
    Entry* const instead = *leaf;
    *leaf = nullptr;
    if (instead == gone) return;
    std::copy(gone->below, gone->below + 2, instead->below);
    *place = instead;
}

}  // namespace

void* fallback_resource::do_allocate(std::size_t bytes, std::size_t alignment) {
    std::exception_ptr why;
    if (void* const block = attempt(primary_, bytes, alignment, why)) return block;
    return fall_back(bytes, alignment);
}

void fallback_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    // Who frees a block of the secondary knows of its allocation, and so sees a count that includes it.
    if (entries_.load(std::memory_order_relaxed) != 0 && take_back(block, bytes, alignment)) return;
    primary_.deallocate(block, bytes, alignment);
}

void* fallback_resource::fall_back(std::size_t bytes, std::size_t alignment) {
    if (!std::has_single_bit(alignment)) throw_bad_alignment(bytes, alignment, "fallback");
    if (bytes > PTRDIFF_MAX - sizeof(entry) - alignof(entry)) throw_out_of_memory(bytes, alignment, "fallback");
    const std::size_t offset = offset_of<entry>(bytes);
    void* const       block = secondary_.allocate(offset + sizeof(entry), std::max(alignment, alignof(entry)));
    entry* const      mine = ::new (static_cast<std::byte*>(block) + offset) entry{block, bytes, alignment, {}};

    const std::scoped_lock hold(lock_);
    *place_of(&root_, block) = mine;
    entries_.fetch_add(1, std::memory_order_relaxed);
    return block;
}

// False where the block is not of the secondary.
bool fallback_resource::take_back(void* block, std::size_t bytes, std::size_t alignment) noexcept {
    fault_report found;
    {
        const std::scoped_lock hold(lock_);
        entry** const          place = place_of(&root_, block);
        if (*place == nullptr) return false;
        found.expected_bytes = (*place)->bytes;
        found.expected_alignment = (*place)->alignment;
        if (found.expected_bytes == bytes && found.expected_alignment == alignment) {
            unhang(place);
            entries_.fetch_sub(1, std::memory_order_relaxed);
            found.kind = fault_kind::unknown;
        } else {
            found.kind = found.expected_bytes != bytes ? fault_kind::wrong_size : fault_kind::wrong_alignment;
        }
    }
    if (found.kind == fault_kind::unknown) {
        secondary_.deallocate(block, offset_of<entry>(bytes) + sizeof(entry), std::max(alignment, alignof(entry)));
        return true;
    }
    found.address = block;
    found.resource = "fallback";
    found.given_bytes = bytes;
    found.given_alignment = alignment;
    report_fault(found);
    return true;  // the block stays where it is
}

layer_facts fallback_resource::facts() const noexcept {
    layer_facts text;
    return text.append(fallen_back()).append(" live from the second below");
}

}  // namespace autopmr

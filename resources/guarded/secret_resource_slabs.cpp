// Small secrets: slabs of one class each, a canary behind every block, and nothing in a free slot but zeros.
#include "secret_resource_store.hpp"

#include "src/support/wipe.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace autopmr {
namespace {

enum : std::uint32_t { is_free = 0, is_live = 1, is_out_of_use = 2 };
constexpr std::uint32_t slot_word(std::uint32_t state, std::size_t bytes, std::size_t alignment) noexcept {
    return state << 24 | static_cast<std::uint32_t>(std::countr_zero(alignment)) << 16 | static_cast<std::uint32_t>(bytes);
}
constexpr std::uint32_t no_slot = 0xFFFF;

bool all_zero(const char* at, std::size_t bytes) noexcept {  // a multiple of 8
    std::uint64_t any = 0;
    for (std::size_t i = 0; i != bytes; i += 8) {
        std::uint64_t word;
        std::memcpy(&word, at + i, 8);
        any |= word;
    }
    return any == 0;
}

}  // namespace

unsigned secret_classes::of(std::size_t bytes, std::size_t alignment) noexcept {
    if (bytes > secret_store::largest_small || alignment > most_alignment) return count;
    const auto* const end = slots + count;
    const auto*       one = std::lower_bound(slots, end, bytes + fence_bytes);
    while (one != end && *one % alignment != 0) ++one;
    return static_cast<unsigned>(one - slots);
}

// None is zero, which overruns write most.
void secret_store::fill(char* from, char* to) const noexcept {
    for (; from != to; ++from) {
        if (reinterpret_cast<std::uintptr_t>(from) % 8 == 0) break;
        *from = slack();
    }
    for (; from != to; from += 8) {  // `to` is a multiple of 8
        const std::uint64_t word = fence(from);
        std::memcpy(from, &word, 8);
    }
}
bool secret_store::intact(const char* from, const char* to) const noexcept {
    for (; from != to && reinterpret_cast<std::uintptr_t>(from) % 8 != 0; ++from)
        if (*from != slack()) return false;
    for (; from != to; from += 8)
        if (!same(from, 0, 8)) return false;
    return true;
}
bool secret_store::same(const char* at, std::size_t begin, std::size_t end) const noexcept {
    const std::uint64_t word = fence(at);
    return std::memcmp(at + begin, reinterpret_cast<const char*>(&word) + begin, end - begin) == 0;
}

void secret_store::list(secret_piece& slab) noexcept {
    secret_piece*& first = with_room_[slab.index.load(std::memory_order_relaxed)];
    slab.previous = nullptr;
    slab.next = first;
    if (first != nullptr) first->previous = &slab;
    first = &slab;
    slab.listed = true;
}

void secret_store::unlist(secret_piece& slab) noexcept {
    (slab.previous != nullptr ? slab.previous->next : with_room_[slab.index.load(std::memory_order_relaxed)]) = slab.next;
    if (slab.next != nullptr) slab.next->previous = slab.previous;
    slab.listed = false;
}

bool secret_store::make_slots(secret_piece& slab) noexcept {
    if (slab.slots != nullptr) return true;  // those of another slab that this piece was
    void* const memory = os::map_pages(slots_bytes());
    if (memory == nullptr) return false;
    slab.slots = static_cast<std::atomic<std::uint32_t>*>(memory);
    slab.next_free = reinterpret_cast<std::uint16_t*>(slab.slots + most_slots);
    return true;
}

void secret_store::divide(secret_piece& slab, unsigned index) noexcept {
    const std::uint32_t slot = secret_classes::slots[index];
    slab.slot_bytes = slot;
    slab.count = static_cast<std::uint32_t>((slab_bytes - 2 * secret_classes::fence_bytes) / slot);
    slab.first = static_cast<std::uint32_t>(slab_bytes) - slab.count * slot;  // the last one ends at the guard page
    slab.index.store(static_cast<std::uint8_t>(index), std::memory_order_relaxed);
    slab.live = 0;
    slab.free = 0;
    char* const first = slab.begin.load(std::memory_order_relaxed) + slab.first;
    fill(first - secret_classes::fence_bytes, first);
    for (std::uint32_t i = 0; i != slab.count; ++i) {
        slab.slots[i].store(0, std::memory_order_relaxed);
        slab.next_free[i] = static_cast<std::uint16_t>(i + 1 != slab.count ? i + 1 : no_slot);
        fill(first + (i + 1) * slot - secret_classes::fence_bytes, first + (i + 1) * slot);
    }
    list(slab);
}

void* secret_store::take_small(unsigned index, std::size_t bytes, std::size_t alignment, refusal& why, secret_finding& finding) noexcept {
    for (;;) {
        secret_piece* slab = with_room_[index];
        if (slab == nullptr) {
            slab = spare_ != nullptr ? std::exchange(spare_, nullptr) : map_or_make_room(slab_bytes, slab_bytes, piece_kind::slab, why);
            if (slab == nullptr) return nullptr;
            divide(*slab, index);
        }
        const std::uint32_t i = slab->free;
        slab->free = slab->next_free[i];
        if (slab->free == no_slot) unlist(*slab);
        ++slab->live;
        char* const       block = slab->begin.load(std::memory_order_relaxed) + slab->first + i * slab->slot_bytes;
        const std::size_t room = slab->slot_bytes - secret_classes::fence_bytes;
        if (!all_zero(block, room)) {  // written to after it was freed: of no use, and not to be given back
            const std::uint32_t word = slab->slots[i].load(std::memory_order_relaxed);
            finding = {fault_kind::write_after_free, block, block, word & 0xFFFF, std::size_t{1} << (word >> 16 & 0xFF), block_state::freed};
            wipe(block, room);
            slab->slots[i].store(slot_word(is_out_of_use, word & 0xFFFF, 1), std::memory_order_relaxed);
            continue;
        }
        fill(block + bytes, block + room);
        slab->slots[i].store(slot_word(is_live, bytes, alignment), std::memory_order_relaxed);
        return block;
    }
}

void secret_store::give_small(secret_piece& slab, char* block, std::size_t bytes, std::size_t alignment, secret_finding& finding) noexcept {
    char* const         first = slab.begin.load(std::memory_order_relaxed) + slab.first;
    const std::uint32_t offset = static_cast<std::uint32_t>(block - first), i = slab.slot_bytes != 0 ? offset / slab.slot_bytes : 0;
    if (slab.slot_bytes == 0 || block < first) {
        finding = {fault_kind::foreign_pointer, block};
        return;
    }
    char* const         start = first + i * slab.slot_bytes;
    const std::uint32_t word = slab.slots[i].load(std::memory_order_relaxed), state = word >> 24;
    const std::size_t   expected = word & 0xFFFF;
    const auto          found = [&](fault_kind kind, const void* at, block_state now = block_state::live) {
        finding = {kind, at, start, expected, std::size_t{1} << (word >> 16 & 0xFF), now};
    };
    if (block != start) return found(fault_kind::interior_pointer, block, state == is_live ? block_state::live : block_state::freed);
    if (state != is_live) return found(fault_kind::double_free, block, block_state::freed);
    if (word != slot_word(is_live, bytes, alignment)) return found(bytes != expected ? fault_kind::wrong_size : fault_kind::wrong_alignment, block);

    // Of the 8 bytes between two blocks, the first half answers for the one before and the second for the one behind.
    char* const       end = start + slab.slot_bytes;
    const std::size_t room = slab.slot_bytes - secret_classes::fence_bytes;
    const bool        over = !intact(block + bytes, end - 8) || !same(end - 8, 0, 4), under = !same(block - 8, 4, 8);
    wipe(block, room);
    if (over || under) {
        found(over ? fault_kind::overrun : fault_kind::underrun, over ? block + bytes : block - 1);
        fill(end - 8, end);
        fill(block - 8, block);
        slab.slots[i].store(slot_word(is_out_of_use, bytes, alignment), std::memory_order_relaxed);
        return;
    }
    slab.slots[i].store(slot_word(is_free, bytes, alignment), std::memory_order_relaxed);
    slab.next_free[i] = static_cast<std::uint16_t>(slab.listed ? slab.free : no_slot);
    slab.free = i;
    if (!slab.listed) list(slab);
    if (--slab.live == 0 && (slab.next != nullptr || slab.previous != nullptr)) {  // each class keeps one
        unlist(slab);
        if (spare_ != nullptr) return unmap(slab);
        wipe(slab.begin.load(std::memory_order_relaxed), slab_bytes);
        spare_ = &slab;
    }
}

}  // namespace autopmr

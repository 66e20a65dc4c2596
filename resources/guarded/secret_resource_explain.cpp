// What an address in secret memory is: asked by signal handlers, while others allocate and free.
#include "secret_resource_store.hpp"

namespace autopmr {

bool secret_store::explain(const void* address, fault_report& out) const noexcept {
    const auto at = reinterpret_cast<std::uintptr_t>(address);
    bool       ours = false;
    each([&](const secret_piece& one) {
        const auto        begin = reinterpret_cast<std::uintptr_t>(one.begin.load(std::memory_order_acquire));
        const std::size_t bytes = one.bytes.load(std::memory_order_relaxed);
        const piece_kind  kind = one.kind.load(std::memory_order_relaxed);
        if (begin == 0 || kind == piece_kind::unused || ours || at - (begin - page_) >= bytes + 2 * page_) return;
        std::uintptr_t block = 0;
        std::size_t    block_bytes = 0, block_alignment = 0;
        block_state    state = block_state::live;
        if (kind == piece_kind::slab) {
            // The division is made once, before the first block; a slot's word is whole.
            const std::uint32_t slot_bytes = secret_classes::slots[one.index.load(std::memory_order_relaxed)];
            const std::size_t   count = (slab_bytes - 2 * secret_classes::fence_bytes) / slot_bytes, first = slab_bytes - count * slot_bytes;
            const std::size_t   offset = at < begin + first ? 0 : at - begin - first;
            const std::size_t   i = offset / slot_bytes < count ? offset / slot_bytes : count - 1;
            const std::uint32_t word = one.slots != nullptr ? one.slots[i].load(std::memory_order_relaxed) : 0;
            block = begin + first + i * slot_bytes;
            block_bytes = word & 0xFFFF;
            block_alignment = std::size_t{1} << (word >> 16 & 0xFF);
            state = word == 0 ? block_state::unknown : word >> 24 == 1 ? block_state::live : block_state::freed;
        } else if (kind != piece_kind::lost) {
            block = reinterpret_cast<std::uintptr_t>(one.block.load(std::memory_order_relaxed));
            block_bytes = one.block_bytes.load(std::memory_order_relaxed);
            block_alignment = one.block_alignment.load(std::memory_order_relaxed);
            state = kind == piece_kind::own ? block_state::live : block_state::freed;
        } else state = block_state::unknown;  // a parent's

        const bool past = block != 0 && at >= block + block_bytes, before = block != 0 && at < block;
        const bool sealed = kind == piece_kind::own && one.access.load(std::memory_order_relaxed) != secret_access::read_write;
        out.kind = kind == piece_kind::lost                       ? fault_kind::no_access
                   : state == block_state::freed && !past && !before ? fault_kind::use_after_free
                   : past                                         ? fault_kind::overrun
                   : before                                       ? fault_kind::underrun
                   : sealed                                       ? fault_kind::no_access
                                                                  : fault_kind::unknown;  // it may be touched: no fault
        out.state = state;
        out.address = address;
        out.resource = name;
        out.subsystem = options_.subsystem;
        out.expected_bytes = block_bytes;
        out.expected_alignment = block_alignment;
        out.block = reinterpret_cast<const void*>(block);
        out.past_end = past ? at - (block + block_bytes) + 1 : 0;
        out.before_start = before ? block - at : 0;
        ours = true;
    });
    return ours;
}

}  // namespace autopmr

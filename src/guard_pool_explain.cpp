#include "src/guard_pool_state.hpp"
#include "src/platform/os.hpp"
#include "src/support/per_thread.hpp"

#include <algorithm>

namespace autopmr {

void guard_pool_state::note_stack(const void* caller, std::uint32_t& number) noexcept {
    fault_moment      here;
    const std::size_t most = std::min<std::size_t>(options.frames, fault_moment::most_frames);
    number = 0;
    if (most == 0) return;
    std::size_t depth = most != 1 ? os::call_stack(caller, here.frames, most) : 0;
    if (depth == 0) here.frames[0] = caller, depth = 1;
    number = stacks.put(here.frames, depth);
}

void guard_pool_state::note_here(fault_moment& found, const void* caller) noexcept {
    found.sequence = sequence.load(std::memory_order_relaxed);
    found.thread = per_thread::number();
    found.depth = os::call_stack(caller, found.frames, fault_moment::most_frames);
    if (found.depth == 0) found.frames[0] = caller, found.depth = 1;
}

void guard_pool_state::tell(const guard_slot& one, fault_report& out) const noexcept {
    const slot_word word = one.look();
    out.block = reinterpret_cast<const void*>(static_cast<std::uintptr_t>(one.block));
    out.expected_bytes = one.bytes;
    out.expected_alignment = word.alignment();
    out.state = word.live() ? block_state::live : block_state::freed;
    owners.name(word.owner(), out);
    out.allocated.sequence = one.sequence;
    out.allocated.thread = one.thread;
    out.allocated.depth = stacks.get(one.stack, out.allocated.frames, fault_moment::most_frames);
    if (word.live()) return;
    out.deallocated.sequence = one.free_sequence;
    out.deallocated.thread = one.free_thread;
    out.deallocated.depth = stacks.get(one.free_stack, out.deallocated.frames, fault_moment::most_frames);
    out.frees_ago = frees.load(std::memory_order_relaxed) - one.frees + 1;
}

void guard_pool_state::measure(fault_report& out) noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(out.address), block = reinterpret_cast<std::uintptr_t>(out.block);
    out.past_end = address >= block + out.expected_bytes ? address - (block + out.expected_bytes) + 1 : 0;
    out.before_start = address < block ? block - address : 0;
}

namespace {

/// What to look at for an address: the slot it is in, and those beside it.
struct beside {
    const guard_slot* slot = nullptr;
    bool              live = false;
    std::size_t       distance = 0;

    beside(const guard_slot* one, std::uintptr_t address) noexcept {
        if (one == nullptr || !one->look().known()) return;
        slot = one;
        live = one->look().live();
        const std::uintptr_t block = one->block, past = block + one->bytes;
        distance = address < block ? block - address : address >= past ? address - past + 1 : 0;
    }
    [[nodiscard]] bool better_than(const beside& other) const noexcept {
        if (slot == nullptr || other.slot == nullptr) return slot != nullptr;
        return live != other.live ? live : distance < other.distance;
    }
};

}  // namespace

const guard_slot* guard_pool_state::meant_by(std::uintptr_t at) const noexcept {
    guard_place here, next;
    const bool        within = layout.locate(at, here);
    const guard_slot* one = within ? find(here) : nullptr;
    const auto        slot_at = [&](std::uintptr_t where_it_is) { return layout.locate(where_it_is, next) ? find(next) : nullptr; };
    beside            best(one, at);
    if (!within) {  // the first page of a region guards the first slot
        best = beside(slot_at(at + layout.page()), at);
        if (next.in_class != 0) best.slot = nullptr;
    } else if (best.slot == nullptr || (here.of_class != 0 && here.offset >= layout.data_bytes(here.of_class))) {
        const std::uintptr_t base = at - here.offset;
        const beside         right(slot_at(base + layout.slot_bytes(here.of_class)), at);
        const bool           none_here = best.slot == nullptr;
        if (right.better_than(best)) best = right;
        if (none_here && here.in_class != 0) {  // far beyond a block that lives, for all that is known
            const beside left(slot_at(base - 1), at);
            if (left.better_than(best)) best = left;
            if (!best.live) best.slot = nullptr;
        }
    }
    return best.slot;
}

bool guard_pool_state::explain(const void* address, fault_report& out) const noexcept {
    const auto at = reinterpret_cast<std::uintptr_t>(address);
    if (at - where.blocks >= layout.bytes()) return false;
    out = {};
    out.address = address;
    out.kind = fault_kind::wild_access;
    out.resource = "guard_pool";
    const guard_slot* const one = meant_by(at);
    if (one == nullptr) return true;
    tell(*one, out);
    measure(out);
    if (out.state == block_state::freed) out.kind = fault_kind::use_after_free;
    else if (out.past_end != 0) out.kind = fault_kind::overrun;
    else if (out.before_start != 0) out.kind = fault_kind::underrun;
    else out.kind = fault_kind::unknown;  // it may be touched
    return true;
}

fault_handler guard_pool_state::handler_of(const void* address) const noexcept {
    const auto              at = reinterpret_cast<std::uintptr_t>(address);
    const guard_slot* const one = at - where.blocks < layout.bytes() ? meant_by(at) : nullptr;
    return one != nullptr ? owners.handler(one->look().owner()) : nullptr;
}

bool guard_pool_state::open(const void* address) noexcept {
    const auto  at = reinterpret_cast<std::uintptr_t>(address);
    guard_place here;
    if (at - where.blocks >= layout.bytes()) return false;
    // The first page of a region is in no slot, and guards the first.
    const bool before_all = !layout.locate(at, here);
    if (before_all && (!layout.locate(at + layout.page(), here) || here.in_class != 0)) return false;
    guard_slot* const one = find(here);
    if (one == nullptr) return false;  // a chunk may come to lie here
    const auto spoil = [](guard_slot* spoilt) {
        slot_word word = spoilt != nullptr ? spoilt->look() : slot_word{};
        while (spoilt != nullptr && !word.damaged() && !spoilt->change(word, word.with_damage())) continue;
    };
    spoil(one);
    if (before_all) {
        mapped.fetch_add(1, std::memory_order_relaxed);
        return os::open_pages(reinterpret_cast<void*>(page_of(at)), layout.page());
    }
    guard_place next;
    if (layout.locate(at - here.offset + layout.slot_bytes(here.of_class), next)) spoil(find(next));
    std::uintptr_t from = page_of(at), to = from + layout.page();
    const guard_slack range = slack(*one);
    if (at >= range.begin && at < range.end) from = range.begin, to = range.end;
    void* const touched = reinterpret_cast<void*>(from);
    if (marked(here.of_class) && here.of_class != 0) return os::unguard_pages(touched, to - from);
    mapped.fetch_add(1, std::memory_order_relaxed);
    return os::open_pages(touched, to - from);
}

}  // namespace autopmr

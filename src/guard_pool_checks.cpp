#include "src/guard_pool_state.hpp"
#include "src/support/per_thread.hpp"

#include <mutex>
#include <thread>

namespace autopmr {
namespace {

/// What is known before anything was looked at.
fault_report begin(const guard_owner& owner, const void* address, std::size_t bytes, std::size_t alignment) noexcept {
    fault_report found;
    found.access = fault_access::free;
    found.address = address;
    found.resource = owner.name;
    found.subsystem = owner.subsystem;
    found.given_bytes = bytes;
    found.given_alignment = alignment;
    return found;
}

/// Damage at an address, in a report that knows the block.
void damaged_at(std::uintptr_t address, fault_report& found) noexcept {
    found.address = reinterpret_cast<const void*>(address);
    guard_pool_state::measure(found);
    found.kind = found.past_end != 0 ? fault_kind::overrun : fault_kind::underrun;
}

}  // namespace

void guard_pool_state::retire(guard_slot& one, slot_word was, fault_report& found, const guard_owner& owner, const void* caller) noexcept {
    one.free_sequence = sequence.fetch_add(1, std::memory_order_relaxed) + 1;
    one.frees = frees.fetch_add(1, std::memory_order_relaxed) + 1;
    one.free_thread = static_cast<std::uint32_t>(per_thread::number());
    std::uint32_t stack = 0;
    note_stack(caller, stack);
    one.free_stack = stack;
    const guard_slack around = slack(one);
    std::uintptr_t    damage = 0;
    if (was.owner() != owner.number) found.kind = fault_kind::wrong_resource;
    else if (one.bytes != found.given_bytes) found.kind = fault_kind::wrong_size;
    else if (was.alignment() != found.given_alignment) found.kind = fault_kind::wrong_alignment;
    if (!was.damaged()) damage = around.damage();
    bool out = was.damaged() || damage != 0 || found.kind != fault_kind::unknown;
    if (found.kind != fault_kind::unknown || damage != 0) {
        tell(one, found);
        found.state = block_state::live;  // until this call, which is what went wrong
        found.deallocated = {};
        found.frees_ago = 0;
        if (found.kind == fault_kind::unknown) damaged_at(damage, found);
        note_here(found.found, caller);
        report_fault(found, owner.on_fault);
    }
    live_bytes.fetch_sub(one.bytes, std::memory_order_relaxed);
    guard_place place;
    out = !layout.locate(one.block, place) || !close_range(place.of_class, around.begin, around.end) || out;
    if (out) one.become(one.look().with(slot_state::retired));
    put_away(one, out);
}

std::size_t guard_pool_state::verify(std::uint32_t owner) noexcept {
    std::unique_lock    hold(sweep);  // not while a handler runs: it may allocate elsewhere, fork, or end the program
    std::size_t         faults = 0;
    const std::uint32_t end = made.load(std::memory_order_acquire);
    for (std::uint32_t number = 1; number <= end; ++number) {
        guard_slot& one = slot(number);
        slot_word   word = one.look();
        if (word.state() != slot_state::live || word.damaged() || (owner != 0 && word.owner() != owner)) continue;
        if (!one.change(word, word.with(slot_state::checking))) continue;  // freed meanwhile, and checked there
        fault_report         found;
        const std::uintptr_t damage = slack(one).damage();
        if (damage != 0) {
            tell(one, found);
            damaged_at(damage, found);
            word = word.with_damage();
        }
        // open() may have marked it too.
        for (slot_word now = one.look(); !one.change(now, slot_word{now.bits | word.bits}.with(slot_state::live));) continue;
        if (damage == 0) continue;
        ++faults;
        found.found.thread = per_thread::number();
        const fault_handler whose = owners.handler(word.owner());
        hold.unlock();
        report_fault(found, whose);
        hold.lock();
    }
    return faults;
}

void guard_pool_state::dismiss(const guard_owner& owner) noexcept {
    std::unique_lock    hold(sweep);
    const std::uint32_t end = made.load(std::memory_order_acquire);
    for (std::uint32_t number = 1; number <= end && live.load(std::memory_order_relaxed) != 0; ++number) {
        guard_slot& one = slot(number);
        slot_word   word = one.look();
        if (word.state() != slot_state::live || word.owner() != owner.number) continue;
        if (owner.leaks != leak_answer::ignore) {
            fault_report found;
            found.kind = fault_kind::leak;
            tell(one, found);
            found.address = found.block;
            found.found.thread = per_thread::number();
            hold.unlock();
            if (owner.leaks == leak_answer::fault) report_fault(found, owner.on_fault);
            else write_fault(found);
            hold.lock();
        }
        if (!one.change(word, word.with(slot_state::freed))) continue;
        fault_report found = begin(owner, nullptr, one.bytes, word.alignment());
        found.access = fault_access::unknown;
        hold.unlock();
        retire(one, word, found, owner, __builtin_return_address(0));
        hold.lock();
    }
    owners.dismiss(owner.number);
}

void guard_pool::deallocate(void* block, std::size_t bytes, std::size_t alignment, const guard_owner& owner, const void* caller) noexcept {
    guard_pool_state& s = *state_;
    const auto        address = reinterpret_cast<std::uintptr_t>(block);
    fault_report      found = begin(owner, block, bytes, alignment);
    guard_place       place;
    guard_slot* const one = contains(block) && s.layout.locate(address, place) ? s.find(place) : nullptr;
    slot_word         word = one != nullptr ? one->look() : slot_word{};
    for (;;) {
        if (!word.known()) found.kind = fault_kind::foreign_pointer;
        else if (!word.live()) found.kind = fault_kind::double_free;
        else if (one->block != address) found.kind = fault_kind::interior_pointer;
        else if (word.state() == slot_state::checking) {
            std::this_thread::yield();
            word = one->look();
            continue;
        } else if (one->change(word, word.with(slot_state::freed))) return s.retire(*one, word, found, owner, caller);
        else continue;
        break;
    }
    if (word.known()) {
        s.tell(*one, found);
        s.measure(found);
    }
    s.note_here(found.found, caller);
    report_fault(found, owner.on_fault);
}

}  // namespace autopmr

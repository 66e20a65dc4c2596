#pragma once
/// \file
/// What a guard pool knows of one slot: 64 bytes, apart from the block.
///
/// All of it is atomic, since describe() may read it in a signal handler while another thread writes. Who changes the state with a
/// compare-and-swap owns the slot: of two threads that free a block, one wins and the other is told of a double free.

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace autopmr {

enum class slot_state : std::uint32_t {
    never,     ///< handed out
    live,
    checking,  ///< live, and verify() reads what surrounds it: whoever frees it waits
    freed,     ///< in quarantine, or waiting to be used again
    retired,   ///< freed, and never used again
};

/// State, who it belongs to and its alignment: what a deallocation must find unchanged.
struct slot_word {
    std::uint32_t bits = 0;

    static slot_word make(slot_state state, std::uint32_t owner, unsigned alignment_bits) noexcept {
        return {static_cast<std::uint32_t>(state) | alignment_bits << 8 | owner << 16};
    }
    [[nodiscard]] slot_state    state() const noexcept { return static_cast<slot_state>(bits & 7); }
    [[nodiscard]] bool          damaged() const noexcept { return (bits & 8) != 0; }
    [[nodiscard]] std::size_t   alignment() const noexcept { return std::size_t{1} << (bits >> 8 & 31); }
    [[nodiscard]] std::uint32_t owner() const noexcept { return bits >> 16; }
    [[nodiscard]] slot_word     with(slot_state state) const noexcept { return {(bits & ~7u) | static_cast<std::uint32_t>(state)}; }
    [[nodiscard]] slot_word     with_damage() const noexcept { return {bits | 8}; }
    [[nodiscard]] bool known() const noexcept { return state() != slot_state::never; }
    [[nodiscard]] bool live() const noexcept { return state() == slot_state::live || state() == slot_state::checking; }
};

/// Without an order: what orders them is the word. Numbers of stacks bring the stack with them, for who looks while they change.
template <class T, bool Stack = false>
class slot_field {
public:
    operator T() const noexcept { return value_.load(Stack ? std::memory_order_acquire : std::memory_order_relaxed); }
    slot_field& operator=(T value) noexcept {
        value_.store(value, Stack ? std::memory_order_release : std::memory_order_relaxed);
        return *this;
    }

private:
    std::atomic<T> value_{};
};

struct guard_slot {
    std::atomic<std::uint32_t> word{0};
    slot_field<std::uint32_t>  next;  ///< in a list
    slot_field<std::uintptr_t> block;
    slot_field<std::size_t>    bytes;
    slot_field<std::uint32_t, true> stack, free_stack;  ///< numbers of a stack_store
    slot_field<std::uint32_t>  thread, free_thread;
    slot_field<std::uint64_t>  sequence, free_sequence;
    slot_field<std::uint64_t>  frees;  ///< that the pool had seen when it was freed, this one included

    [[nodiscard]] slot_word look() const noexcept { return {word.load(std::memory_order_acquire)}; }
    void                    become(slot_word to) noexcept { word.store(to.bits, std::memory_order_release); }
    /// False, with `from` as it is now, when it changed meanwhile.
    bool change(slot_word& from, slot_word to) noexcept {
        return word.compare_exchange_strong(from.bits, to.bits, std::memory_order_acq_rel, std::memory_order_acquire);
    }
};
static_assert(sizeof(guard_slot) <= 64);

}  // namespace autopmr

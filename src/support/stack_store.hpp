#pragma once
/// \file
/// Call stacks, each kept once and known by a number of 32 bits.
///
/// A hash table of chains in pages of the system, for books that must not grow with every block. Any thread, no locks, safe after
/// fork and in signal handlers. Bounded: when it is full, new stacks are not kept and get the number 0, which stands for none.

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace autopmr {

class stack_store {
public:
    /// Of open pages or pages that the system zeroes on first use, aligned to 8: it takes them as they are and keeps nothing else.
    static constexpr std::size_t bytes = std::size_t{8} << 20;
    explicit stack_store(void* zeroed) noexcept : words_(static_cast<std::uint64_t*>(zeroed)) {}
    stack_store(const stack_store&) = delete;
    stack_store& operator=(const stack_store&) = delete;

    /// The number of these frames; 0 for none, and when there is no room.
    std::uint32_t put(const void* const* frames, std::size_t depth) noexcept;
    /// Copies at most `most` frames; returns how many. A number that was never given has none.
    std::size_t get(std::uint32_t number, const void** out, std::size_t most) const noexcept;

private:
    static constexpr std::size_t chains = std::size_t{1} << 16;  // of 32 bits each, at the beginning
    static constexpr std::size_t first = chains / 2, end = bytes / 8;

    [[nodiscard]] std::atomic<std::uint32_t>& chain(std::uint64_t hash) const noexcept {
        return reinterpret_cast<std::atomic<std::uint32_t>*>(words_)[hash & (chains - 1)];
    }
    [[nodiscard]] std::uint32_t find(std::uint32_t from, std::uint64_t hash, const void* const* frames, std::size_t depth) const noexcept;

    std::uint64_t*             words_;
    std::atomic<std::uint64_t> used_{first};
};

}  // namespace autopmr

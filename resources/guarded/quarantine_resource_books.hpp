#pragma once
/// \file
/// What a quarantine keeps: blocks in the order in which they leave, and a set of their addresses. In pages of the system.
///
/// One thread at a time.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "src/platform/os.hpp"

namespace autopmr {

struct quarantined_block {
    void*         block = nullptr;
    std::size_t   bytes = 0;
    std::uint64_t sequence = 0;  // which free of the resource, from 1
    std::uint32_t alignment = 0; // its logarithm
    bool          reported = false;
};

class quarantine_books {
public:
    /// Null where there are no pages.
    static quarantine_books* make(std::size_t most, std::uint64_t seed) noexcept {
        most = std::clamp<std::size_t>(most, 1, std::size_t{1} << 24);
        const std::size_t places = std::bit_ceil(most + 1), size = sizeof(quarantine_books) + places * 2 * sizeof(void*) + (most + 1) * sizeof(quarantined_block);
        void* const       pages = os::map_pages(size);
        return pages != nullptr ? ::new (pages) quarantine_books(most + 1, places * 2, size, seed) : nullptr;
    }
    void end() noexcept { os::unmap_pages(this, size_); }

    std::size_t   count = 0, bytes = 0;
    std::uint64_t frees = 0;

    [[nodiscard]] bool has(const void* block) const noexcept { return set()[place_of(block)] != nullptr; }
    /// There is room for one more than the most.
    void add(const quarantined_block& one, bool shuffle) noexcept {
        set()[place_of(one.block)] = one.block;
        at(count) = one;
        bytes += one.bytes;
        // Only with the newer half, so that each stays for half of the budget at least.
        if (shuffle) std::swap(at(count), at(count - random() % (count / 2 + 1)));
        ++count;
    }
    /// The oldest; there is one.
    [[nodiscard]] quarantined_block take() noexcept {
        const quarantined_block one = at(0);
        first_ = first_ + 1 == capacity_ ? 0 : first_ + 1;
        --count;
        bytes -= one.bytes;
        forget(one.block);
        return one;
    }
    /// From the oldest on.
    [[nodiscard]] quarantined_block& at(std::size_t i) noexcept {
        i += first_;
        return ring()[i < capacity_ ? i : i - capacity_];
    }

private:
    quarantine_books(std::size_t capacity, std::size_t places, std::size_t size, std::uint64_t seed) noexcept
        : capacity_(capacity), mask_(places - 1), size_(size), seed_(seed | 1) {}

    // Zeroed pages: the set is empty, the ring is not looked at before it is written.
    void**                    set() noexcept { return reinterpret_cast<void**>(this + 1); }
    void* const*              set() const noexcept { return reinterpret_cast<void* const*>(this + 1); }
    quarantined_block*        ring() noexcept { return reinterpret_cast<quarantined_block*>(set() + mask_ + 1); }

    std::size_t home(const void* block) const noexcept {
        return static_cast<std::size_t>(std::uint64_t{reinterpret_cast<std::uintptr_t>(block)} * 0x9e3779b97f4a7c15u >> 32) & mask_;
    }
    /// Where it is, or would be.
    std::size_t place_of(const void* block) const noexcept {
        std::size_t i = home(block);
        while (set()[i] != nullptr && set()[i] != block) i = (i + 1) & mask_;
        return i;
    }
    void forget(const void* block) noexcept {
        std::size_t hole = place_of(block);
        // What only stands further on because this place was taken moves up.
        for (std::size_t i = (hole + 1) & mask_; set()[i] != nullptr; i = (i + 1) & mask_)
            if (((i - home(set()[i])) & mask_) >= ((i - hole) & mask_)) {
                set()[hole] = set()[i];
                hole = i;
            }
        set()[hole] = nullptr;
    }
    std::size_t random() noexcept {
        seed_ ^= seed_ << 13;
        seed_ ^= seed_ >> 7;
        seed_ ^= seed_ << 17;
        return static_cast<std::size_t>(seed_ >> 16);
    }

    std::size_t   capacity_, mask_, first_ = 0, size_;
    std::uint64_t seed_;
};

}  // namespace autopmr

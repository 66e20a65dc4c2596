#pragma once
/// \file
/// Where the slots of a guard pool lie: arithmetic between addresses and slots, and nothing else.
///
/// One reservation, cut into a region for each class. Class 0 serves blocks of 0 bytes and has slots of a guard page alone; class k has
/// slots of 2^(k-1) pages for data and one guard page behind, which also guards the front of the slot that follows. A region begins
/// with one page more, the guard of its first slot. Slots come into being in chunks. Nothing here is ever written after the
/// constructor: signal handlers may ask.

#include <cstddef>
#include <cstdint>

namespace autopmr {

struct guard_place {
    unsigned      of_class = 0;
    std::uint32_t chunk = 0;
    std::uint32_t number = 0;   ///< in the chunk
    std::size_t   offset = 0;   ///< of the address, in the slot
    std::uint64_t in_class = 0; ///< number of the slot in its class
};

class guard_layout {
public:
    static constexpr unsigned      classes = 24;
    static constexpr std::size_t   most_alignment = std::size_t{64} << 10;
    static constexpr std::uint32_t most_chunks = 1u << 15;  // of one class

    /// Regions of `region` bytes, a power of two.
    guard_layout(std::uintptr_t begin, std::size_t region, std::size_t page) noexcept;

    /// The class that serves a request, or `classes` where none can.
    [[nodiscard]] unsigned class_for(std::size_t bytes, std::size_t alignment) const noexcept;
    /// False where no slot can ever be: beyond the last chunk, or in the first page of a region.
    [[nodiscard]] bool locate(std::uintptr_t address, guard_place& out) const noexcept;
    [[nodiscard]] std::uintptr_t slot(unsigned of_class, std::uint64_t in_class) const noexcept {
        return begin_ + of_class * region_ + page_ + in_class * slot_bytes(of_class);
    }
    [[nodiscard]] std::size_t   data_bytes(unsigned of_class) const noexcept { return of_class == 0 ? 0 : page_ << (of_class - 1); }
    [[nodiscard]] std::size_t   slot_bytes(unsigned of_class) const noexcept { return data_bytes(of_class) + page_; }
    [[nodiscard]] std::uint32_t per_chunk(unsigned of_class) const noexcept { return per_chunk_[of_class]; }
    [[nodiscard]] std::uint32_t chunks(unsigned of_class) const noexcept { return chunks_[of_class]; }
    [[nodiscard]] std::size_t   page() const noexcept { return page_; }
    [[nodiscard]] std::size_t   bytes() const noexcept { return region_ * classes; }
    /// How many slots there can be.
    [[nodiscard]] std::uint64_t most_slots() const noexcept;

private:
    std::uintptr_t begin_;
    std::size_t    region_, page_;
    std::uint32_t  per_chunk_[classes] = {}, chunks_[classes] = {};
};

}  // namespace autopmr

#pragma once
/// \file
/// The books of blocks that a pool hands on to its upstream: by address, with the size and alignment that were asked for.
///
/// A hash table with linear probing, at most half full, in memory of the upstream. Room is reserved before a block is asked for, so
/// that putting it in can't fail. One thread at a time.

#include <autopmr/resource_ptr.hpp>

#include <cstddef>

namespace autopmr {

class large_blocks {
public:
    struct entry {
        void*       block = nullptr;
        std::size_t bytes = 0, alignment = 0;
    };

    large_blocks() = default;
    large_blocks(const large_blocks&) = delete;
    large_blocks& operator=(const large_blocks&) = delete;

    /// How many places the table needs before the next put(); 0: it has room.
    [[nodiscard]] std::size_t places_wanted() const noexcept { return (count_ + reserved_ + 1) * 2 > places_ ? (places_ != 0 ? places_ * 2 : 32) : 0; }
    /// Moves into this memory, of `places` entries; answers the table so far, for the caller to give back.
    struct table {
        entry*      entries;
        std::size_t places;
    };
    [[nodiscard]] table move_to(table wider) noexcept;

    /// Forgets all blocks, and answers the table they stood in.
    [[nodiscard]] table clear() noexcept;

    /// One put() to come, on this thread or another.
    void reserve() noexcept { ++reserved_; }
    void put(const entry& one) noexcept;
    void cancel() noexcept { --reserved_; }
    /// Null when there is none at this address.
    [[nodiscard]] const entry* find(const void* block) const noexcept;
    void                       remove(const entry& found) noexcept;

    [[nodiscard]] std::size_t count() const noexcept { return count_; }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    [[nodiscard]] table       whole() const noexcept { return {entries_, places_}; }

private:
    [[nodiscard]] std::size_t place_of(const void* block) const noexcept;

    entry*      entries_ = nullptr;
    std::size_t places_ = 0, count_ = 0, reserved_ = 0, bytes_ = 0;
};

}  // namespace autopmr

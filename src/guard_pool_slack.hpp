#pragma once
/// \file
/// What is left of the pages around a guarded block: filled when it is handed out, compared when it comes back.
///
/// Behind the block all of it, in front the 32 bytes next to the block, hold a pattern that follows from a random key and the block's
/// address; no byte of it is zero, so that a lost terminator shows. The rest of the front is zero, as the pages came.

#include <cstddef>
#include <cstdint>

namespace autopmr {

struct guard_slack {
    std::uintptr_t begin, block, past_block, end;  ///< the open pages and the block in them
    std::uint64_t  pattern;

    void fill() const noexcept;
    /// The address of the damaged byte that is nearest to the block, behind it before in front; 0 when there is none.
    [[nodiscard]] std::uintptr_t damage() const noexcept;

    static constexpr std::size_t front = 32;
    /// From a key of the pool's.
    static std::uint64_t pattern_of(std::uint64_t key, std::uintptr_t block) noexcept {
        std::uint64_t mixed = (key ^ block) * 0x9E3779B97F4A7C15u;
        mixed ^= mixed >> 29;
        // No byte of it is one that careless code likes to write: 0, 1, text, 0xFF.
        return (mixed * 0xFF51AFD7ED558CCDu | 0x8080808080808080u) & ~std::uint64_t{0x0101010101010101u};
    }
};

}  // namespace autopmr

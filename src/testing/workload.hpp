#pragma once
/// \file
/// Blocks that know what was written into them, for the checks of the conformance suite.

#include <cstddef>
#include <memory_resource>

namespace autopmr::testing {

/// A live block. Its bytes hold a pattern of its own: two blocks that overlap can't both keep theirs.
struct patterned_block {
    void*         p = nullptr;
    std::size_t   bytes = 0;
    std::size_t   alignment = 1;
    unsigned char pattern = 0;

    [[nodiscard]] bool intact() const noexcept;
};

/// allocate() whose result the compiler may not assume anything of: not that it is there, nor that it is aligned.
[[nodiscard]] void* take(std::pmr::memory_resource& from, std::size_t bytes, std::size_t alignment);
/// The same, filled with a pattern. Throws what the resource throws.
[[nodiscard]] patterned_block take_patterned(std::pmr::memory_resource& from, std::size_t bytes, std::size_t alignment,
                                             unsigned char pattern);
void give_back(std::pmr::memory_resource& to, const patterned_block& block);

/// The same numbers on every machine and in every run.
class dice {
public:
    explicit dice(unsigned long long seed) noexcept : state_(seed * 2 + 1) {}
    std::size_t below(std::size_t bound) noexcept {
        state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
        return static_cast<std::size_t>(state_ >> 33U) % bound;
    }
    /// Mostly small, now and then some pages.
    std::size_t size() noexcept { return below(16) == 0 ? below(20000) : below(300); }
    std::size_t alignment() noexcept { return std::size_t{1} << (below(8) == 0 ? below(13) : below(5)); }

private:
    unsigned long long state_;
};

}  // namespace autopmr::testing

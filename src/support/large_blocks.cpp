#include "src/support/large_blocks.hpp"

#include <cstdint>

namespace autopmr {

std::size_t large_blocks::place_of(const void* block) const noexcept {
    const std::uint64_t mixed = reinterpret_cast<std::uintptr_t>(block) * std::uint64_t{0x9E3779B97F4A7C15u};
    return static_cast<std::size_t>(mixed >> 20) & (places_ - 1);
}

large_blocks::table large_blocks::move_to(table wider) noexcept {
    const table before = whole();
    entries_ = wider.entries;
    places_ = wider.places;
    for (std::size_t i = 0; i != places_; ++i) entries_[i] = {};
    for (std::size_t i = 0; i != before.places; ++i) {
        if (before.entries[i].block == nullptr) continue;
        std::size_t place = place_of(before.entries[i].block);
        while (entries_[place].block != nullptr) place = (place + 1) & (places_ - 1);
        entries_[place] = before.entries[i];
    }
    return before;
}

large_blocks::table large_blocks::clear() noexcept {
    const table before = whole();
    entries_ = nullptr;
    places_ = count_ = bytes_ = 0;
    return before;
}

void large_blocks::put(const entry& one) noexcept {
    --reserved_;
    std::size_t place = place_of(one.block);
    while (entries_[place].block != nullptr) place = (place + 1) & (places_ - 1);
    entries_[place] = one;
    ++count_;
    bytes_ += one.bytes;
}

const large_blocks::entry* large_blocks::find(const void* block) const noexcept {
    if (count_ == 0) return nullptr;
    for (std::size_t place = place_of(block); entries_[place].block != nullptr; place = (place + 1) & (places_ - 1)) {
        if (entries_[place].block == block) return &entries_[place];
    }
    return nullptr;
}

// Knuth's algorithm R (The Art of Computer Programming 3, 6.4): what was pushed past the gap moves up, so no marks are left behind.
void large_blocks::remove(const entry& found) noexcept {
    --count_;
    bytes_ -= found.bytes;
    std::size_t gap = static_cast<std::size_t>(&found - entries_);
    for (std::size_t place = gap;;) {
        place = (place + 1) & (places_ - 1);
        if (entries_[place].block == nullptr) break;
        const std::size_t wanted = place_of(entries_[place].block);
        if (((place - wanted) & (places_ - 1)) < ((place - gap) & (places_ - 1))) continue;
        entries_[gap] = entries_[place];
        gap = place;
    }
    entries_[gap] = {};
}

}  // namespace autopmr

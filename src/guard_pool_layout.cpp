#include "src/guard_pool_layout.hpp"

#include <algorithm>
#include <bit>

namespace autopmr {

guard_layout::guard_layout(std::uintptr_t begin, std::size_t region, std::size_t page) noexcept
    : begin_(begin), region_(region), page_(page) {
    // A small address space is not to be spent on a few chunks.
    const std::uint32_t most = region >= (std::size_t{256} << 20) ? 512 : 64;
    for (unsigned k = 0; k != classes; ++k) {
        if (k != 0 && page > (SIZE_MAX >> k)) break;  // a class of more bytes than there are addresses
        per_chunk_[k] = std::max<std::uint32_t>(1, k == 0 ? most : most >> std::min(k - 1, 31u));
        chunks_[k] = static_cast<std::uint32_t>(
            std::min<std::size_t>(most_chunks, (region - page) / slot_bytes(k) / per_chunk_[k]));
    }
}

unsigned guard_layout::class_for(std::size_t bytes, std::size_t alignment) const noexcept {
    if (bytes > region_) return classes;
    std::size_t pages = (bytes + (page_ - 1)) / page_;
    // Slots begin at pages: somewhere in so many more of them is a place that is aligned better.
    if (alignment > page_) pages = std::max<std::size_t>(pages, 1) + alignment / page_ - 1;
    const unsigned k = pages == 0 ? 0 : static_cast<unsigned>(std::bit_width(std::bit_ceil(pages)));
    return k < classes && chunks_[k] != 0 ? k : classes;
}

bool guard_layout::locate(std::uintptr_t address, guard_place& out) const noexcept {
    const std::size_t from_begin = address - begin_;
    const auto        k = static_cast<unsigned>(from_begin / region_);
    const std::size_t in_region = from_begin % region_;
    if (k >= classes || chunks_[k] == 0 || in_region < page_) return false;
    out.of_class = k;
    out.in_class = (in_region - page_) / slot_bytes(k);
    out.offset = (in_region - page_) % slot_bytes(k);
    out.chunk = static_cast<std::uint32_t>(std::min<std::uint64_t>(out.in_class / per_chunk_[k], most_chunks));
    out.number = static_cast<std::uint32_t>(out.in_class % per_chunk_[k]);
    return out.chunk < chunks_[k];
}

std::uint64_t guard_layout::most_slots() const noexcept {
    std::uint64_t sum = 0;
    for (unsigned k = 0; k != classes; ++k) sum += std::uint64_t{chunks_[k]} * per_chunk_[k];
    return sum;
}

}  // namespace autopmr

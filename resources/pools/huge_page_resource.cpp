#include <autopmr/pools/huge_page_resource.hpp>

#include <autopmr/errors.hpp>
#include <autopmr/fault_report.hpp>

#include "src/platform/os.hpp"
#include "src/support/announce.hpp"

#include <algorithm>
#include <bit>
#include <new>

namespace autopmr {

// What a block stands on can't be told from its address, and it has no room for a header: so there is a list beside, in pages
// of its own, which only grows. Blocks are large, hence few, and finding one costs less than giving it back to the system.
struct huge_page_resource::entry {
    static constexpr std::uintptr_t free = 0, changing = 1;
    std::atomic<std::uintptr_t>     block{free};
    std::atomic<std::size_t>        bytes{0};
    std::atomic<page_backing>       backing{page_backing::ordinary};
};

struct huge_page_resource::page_of_entries {
    page_of_entries* next = nullptr;
    entry            entries[160];
};

namespace {

/// 0 bytes too are a page of their own.
std::size_t whole_pages(std::size_t bytes) noexcept {
    const std::size_t page = huge_page_resource::page_bytes();
    return (std::max<std::size_t>(bytes, 1) + (page - 1)) & ~(page - 1);
}

void report(fault_kind kind, const void* block, std::size_t expected, std::size_t bytes, std::size_t alignment) noexcept {
    report_fault({.kind = kind, .address = block, .resource = "huge_page", .expected_bytes = expected, .given_bytes = bytes, .given_alignment = alignment});
}

}  // namespace

huge_page_resource::~huge_page_resource() {
    for (page_of_entries *page = entries_.load(std::memory_order_acquire), *next; page != nullptr; page = next) {
        next = page->next;
        os::unmap_pages(page, sizeof *page);
    }
}

std::size_t huge_page_resource::page_bytes() noexcept {
    const std::size_t huge = os::huge_page_size();
    return huge != 0 ? huge : os::page_size();
}

/// One that is `changing` from now on, so that no other thread takes it; null when there is no page for more.
huge_page_resource::entry* huge_page_resource::free_entry() noexcept {
    for (page_of_entries* page = entries_.load(std::memory_order_acquire); page != nullptr; page = page->next)
        for (entry& one : page->entries) {
            std::uintptr_t there = entry::free;
            if (one.block.load(std::memory_order_relaxed) == there &&
                one.block.compare_exchange_strong(there, entry::changing, std::memory_order_acq_rel))
                return &one;
        }
    void* const memory = os::map_pages(sizeof(page_of_entries));
    if (memory == nullptr) return nullptr;
    auto* const page = ::new (memory) page_of_entries;
    page->entries[0].block.store(entry::changing, std::memory_order_relaxed);
    page->next = entries_.load(std::memory_order_acquire);
    while (!entries_.compare_exchange_weak(page->next, page, std::memory_order_acq_rel)) {}
    return &page->entries[0];
}

huge_page_resource::entry* huge_page_resource::entry_of(const void* block) const noexcept {
    const auto at = reinterpret_cast<std::uintptr_t>(block);
    if (at <= entry::changing) return nullptr;
    for (page_of_entries* page = entries_.load(std::memory_order_acquire); page != nullptr; page = page->next)
        for (entry& one : page->entries)
            if (one.block.load(std::memory_order_acquire) == at) return &one;
    return nullptr;
}

void* huge_page_resource::do_allocate(std::size_t bytes, std::size_t alignment) {
    if (!std::has_single_bit(alignment)) throw_bad_alignment(bytes, alignment, "huge_page");
    // What the system adds for the alignment, and the rounding, must not overflow.
    if (alignment > PTRDIFF_MAX / 4 || bytes > PTRDIFF_MAX / 4) throw_out_of_memory(bytes, alignment, "huge_page");
    const std::size_t size = whole_pages(bytes), page = page_bytes();
    entry* const      one = free_entry();
    if (one == nullptr) throw_out_of_memory(bytes, alignment, "huge_page");

    page_backing backing = page_backing::reserved;
    void*        block = nullptr;
    const char*  why_not = "not asked for (take_reserved is false)";
    if (options_.take_reserved && alignment > page) why_not = "the block is aligned to more than a huge page";
    else if (options_.take_reserved) block = os::map_huge_pages(size, why_not);
    if (block == nullptr) {
        block = os::map_aligned_pages(size, std::max(alignment, page));
        if (block == nullptr) {
            one->block.store(entry::free, std::memory_order_release);
            throw_out_of_memory(bytes, alignment, "huge_page");
        }
        why_not_reserved_.store(why_not, std::memory_order_relaxed);
        backing = os::advise_huge_pages(block, size, why_not) ? page_backing::advised : page_backing::ordinary;
        if (backing == page_backing::ordinary) why_not_advised_.store(why_not, std::memory_order_relaxed);
    }
    one->bytes.store(size, std::memory_order_relaxed);
    one->backing.store(backing, std::memory_order_relaxed);
    one->block.store(reinterpret_cast<std::uintptr_t>(block), std::memory_order_release);
    bytes_[static_cast<std::size_t>(backing)].fetch_add(size, std::memory_order_relaxed);
    if (announce::blocks_watched()) {
        announce::block_given(announce::no_pool, block, bytes);
        announce::show_as_written(block, bytes);  // with zeros
    }
    return block;
}

void huge_page_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    entry* const one = entry_of(block);
    if (one == nullptr) return report(fault_kind::foreign_pointer, block, 0, bytes, alignment);
    const std::size_t size = one->bytes.load(std::memory_order_relaxed);
    if (bytes > size || whole_pages(bytes) != size) return report(fault_kind::wrong_size, block, size, bytes, alignment);
    const page_backing backing = one->backing.load(std::memory_order_relaxed);
    auto               there = reinterpret_cast<std::uintptr_t>(block);
    if (!one->block.compare_exchange_strong(there, entry::free, std::memory_order_acq_rel))
        return report(fault_kind::double_free, block, size, bytes, alignment);  // another thread was faster
    bytes_[static_cast<std::size_t>(backing)].fetch_sub(size, std::memory_order_relaxed);
    if (announce::blocks_watched()) announce::block_taken(announce::no_pool, block, bytes);
    os::unmap_pages(block, size);
}

page_backing huge_page_resource::backing_of(const void* block) const noexcept {
    const entry* const one = entry_of(block);
    return one != nullptr ? one->backing.load(std::memory_order_relaxed) : page_backing::ordinary;
}

huge_page_usage huge_page_resource::usage() const noexcept {
    const auto bytes = [this](page_backing b) { return bytes_[static_cast<std::size_t>(b)].load(std::memory_order_relaxed); };
    return {bytes(page_backing::reserved), bytes(page_backing::advised), bytes(page_backing::ordinary),
            why_not_reserved_.load(std::memory_order_relaxed), why_not_advised_.load(std::memory_order_relaxed)};
}

}  // namespace autopmr

#include <autopmr/pools/mapped_resource.hpp>

#include <autopmr/errors.hpp>

#include "src/platform/os.hpp"
#include "src/support/announce.hpp"
#include "src/support/direct.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace autopmr {
namespace {

constinit immortal<mapped_resource> instance;

/// 0 bytes too are a page of their own.
std::size_t whole_pages(std::size_t bytes) noexcept {
    const std::size_t page = os::page_size();
    return (std::max<std::size_t>(bytes, 1) + (page - 1)) & ~(page - 1);
}

}  // namespace

void* mapped_resource::do_allocate(std::size_t bytes, std::size_t alignment) {
    if (!std::has_single_bit(alignment)) throw_bad_alignment(bytes, alignment, "mapped");
    // What the system adds for the alignment, and the rounding, must not overflow.
    if (alignment > PTRDIFF_MAX / 2 || bytes > PTRDIFF_MAX / 2) throw_out_of_memory(bytes, alignment, "mapped");
    const std::size_t size = whole_pages(bytes);
    void* const       block = os::map_aligned_pages(size, alignment);
    if (block == nullptr) throw_out_of_memory(bytes, alignment, "mapped");
    bytes_.fetch_add(size, std::memory_order_relaxed);
    blocks_.fetch_add(1, std::memory_order_relaxed);
    if (announce::blocks_watched()) {
        announce::block_given(announce::no_pool, block, bytes);
        announce::show_as_written(block, bytes);  // with zeros
    }
    return block;
}

void mapped_resource::do_deallocate(void* block, std::size_t bytes, std::size_t) {
    const std::size_t size = whole_pages(bytes);
    bytes_.fetch_sub(size, std::memory_order_relaxed);
    blocks_.fetch_sub(1, std::memory_order_relaxed);
    if (announce::blocks_watched()) announce::block_taken(announce::no_pool, block, bytes);
    os::unmap_pages(block, size);
}

mapped_resource& mapped() noexcept { return instance.resource; }

}  // namespace autopmr

#include <autopmr/backends/mimalloc_heap.hpp>
#include <autopmr/errors.hpp>

#include <algorithm>
#include <atomic>
#include <bit>

#include "resources/backends/mimalloc_calls.hpp"
#include "src/support/announce.hpp"

namespace autopmr {
namespace {

/// A number that no other thread has or will have. The system's own are given again to later threads, and a later thread must
/// not pass for the owner: mimalloc has taken its heaps down by then.
std::uint64_t this_thread() noexcept {
    static constinit std::atomic<std::uint64_t> last{0};
    static thread_local const std::uint64_t     number = last.fetch_add(1, std::memory_order_relaxed) + 1;
    return number;
}

}  // namespace

mimalloc_heap_resource::mimalloc_heap_resource() noexcept : why_not_(mimalloc_calls::why_not()) {
    if (!why_not_.empty()) return;
    if (why_not_ = mimalloc_calls::why_no_heaps(); !why_not_.empty()) return;
    if ((heap_ = mimalloc.heap_new()) == nullptr) why_not_ = "mimalloc is out of memory";
    else if (mimalloc_calls::major_version() < 3) owner_ = this_thread();
    watched_ = heap_ != nullptr && announce::blocks_watched();
    if (watched_) announce::pool_made(this);
}

mimalloc_heap_resource::~mimalloc_heap_resource() {
    if (heap_ == nullptr || (owner_ != 0 && owner_ != this_thread())) return;
    if (watched_) {
        announce::pool_gone(this);  // hides what lived
        const auto drop = [](const void*, const void*, void* block, std::size_t bytes, void*) {
            if (block == nullptr) return true;
            announce::block_dropped(block);
            announce::show_as_written(block, bytes);  // mimalloc will write there as it likes
            return true;
        };
        if (mimalloc.heap_visit_blocks) mimalloc.heap_visit_blocks(heap_, true, drop, nullptr);
    }
    mimalloc.heap_destroy(heap_);
}

[[gnu::always_inline]] inline void* mimalloc_heap_resource::allocate_from_heap(std::size_t bytes, std::size_t alignment) {
    if (!std::has_single_bit(alignment)) throw_bad_alignment(bytes, alignment, "mimalloc_heap");
    if (alignment > PTRDIFF_MAX || bytes > PTRDIFF_MAX - alignment || heap_ == nullptr)
        throw_out_of_memory(bytes, alignment, "mimalloc_heap");
    if (owner_ != 0 && owner_ != this_thread()) throw_wrong_thread(bytes, alignment, "mimalloc_heap");
    const std::size_t size = std::max(bytes, std::min<std::size_t>(alignment, 16));  // aligned no better than its size
    void* block = alignment <= 16 ? mimalloc.heap_malloc(heap_, size) : mimalloc.heap_malloc_aligned(heap_, sound_size(size), alignment);
    if (block == nullptr) throw_out_of_memory(bytes, alignment, "mimalloc_heap");
    return block;
}

// In a function of its own, so that the common way keeps nothing.
[[gnu::noinline]] void* mimalloc_heap_resource::allocate_watched(std::size_t bytes, std::size_t alignment) {
    void* const block = allocate_from_heap(bytes, alignment);
    announce::block_given(this, block, bytes);
    return block;
}

void* mimalloc_heap_resource::do_allocate(std::size_t bytes, std::size_t alignment) {
    if (watched_) [[unlikely]] return allocate_watched(bytes, alignment);
    return allocate_from_heap(bytes, alignment);
}

[[gnu::noinline]] void mimalloc_heap_resource::deallocate_watched(void* block, std::size_t bytes) noexcept {
    announce::block_returned(this, block, bytes);
    mimalloc.heap_free(block);
}

void mimalloc_heap_resource::do_deallocate(void* block, std::size_t bytes, std::size_t) {
    if (watched_) [[unlikely]] return deallocate_watched(block, bytes);
    mimalloc.heap_free(block);
}

}  // namespace autopmr

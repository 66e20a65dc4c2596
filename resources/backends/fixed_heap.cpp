#include <autopmr/backends/fixed_heap.hpp>
#include <autopmr/pools/fixed_heap_resource.hpp>

#include <mutex>

#include "src/platform/os.hpp"
#include "src/support/direct.hpp"

namespace autopmr {
namespace {

constinit immortal<fixed_heap_resource> heap;
constinit std::mutex                    lock;  // over the heap, also across fork
constinit std::atomic<bool>             serves{false};

void* from_heap(std::size_t bytes, std::size_t alignment) noexcept {
    const std::scoped_lock hold(lock);
    return heap.resource.try_allocate(bytes, alignment);
}

std::string_view why_not() noexcept;

struct library {
    static constinit inline malloc_by_alignment<library> small;

    static std::string_view why_not() noexcept { return autopmr::why_not(); }
    static void* aligned(std::size_t bytes, std::size_t alignment) noexcept { return from_heap(bytes, alignment); }
    static void  release(void* block, std::size_t bytes, std::size_t alignment) noexcept {
         const std::scoped_lock hold(lock);
         heap.resource.deallocate(block, asked_size(bytes, alignment), alignment);
    }
};
using calls = direct<fixed_heap_backend, library>;

constinit immortal<fixed_heap_backend_resource> instance;

fixed_heap_result give(void* region, std::size_t bytes) noexcept {
    {
        const std::scoped_lock hold(lock);
        if (heap.resource.capacity() != 0)
            return fixed_heap_result("fixed_heap has its region already; call set_fixed_heap once, before its first use");
        if (region == nullptr) return fixed_heap_result("the region for fixed_heap is null");
        if (!heap.resource.give(region, bytes))
            return fixed_heap_result("the region for fixed_heap is too small, or is no memory; give it 256 bytes at least");
    }
    os::at_fork([] { lock.lock(); }, [] { lock.unlock(); }, [] { lock.unlock(); });
    library::small.set([](std::size_t size) { return from_heap(size, largest_small_alignment); });
    serves.store(true, std::memory_order_release);
    return fixed_heap_result({});
}

std::string_view why_not() noexcept {
    if (serves.load(std::memory_order_acquire)) return {};
    std::size_t bytes = 0;
    if (void* region = os::heap_region(bytes); region != nullptr) give(region, bytes);
    if (serves.load(std::memory_order_acquire)) return {};
    return "it has no region of memory; give it one with autopmr::set_fixed_heap(buffer, bytes)";
}

footprint usage() noexcept {
    const std::scoped_lock hold(lock);
    footprint              answer;
    answer.in_use = heap.resource.used();
    answer.committed = heap.resource.capacity();
    answer.in_use_known = answer.committed_known = true;
    return answer;
}

}  // namespace

fixed_heap_result set_fixed_heap(void* region, std::size_t bytes) noexcept { return give(region, bytes); }

constinit const backend fixed_heap_backend{
    .name = "fixed_heap",
    .what = "one fixed region, for machines without an operating system",
    .why_not = why_not,
    .resource = []() noexcept -> std::pmr::memory_resource& { return instance.resource; },
    .allocate = calls::allocate,
    .deallocate = calls::deallocate,
    .version = []() noexcept { return std::string_view(AUTOPMR_VERSION); },
    .usage = usage,
};
template class backend_resource<fixed_heap_backend>;

}  // namespace autopmr

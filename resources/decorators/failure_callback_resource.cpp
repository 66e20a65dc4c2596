#include <autopmr/decorators/failure_callback_resource.hpp>

#include "src/support/attempt.hpp"

#include <bit>
#include <cstdint>
#include <mutex>

namespace autopmr {

void* failure_callback_resource::do_allocate(std::size_t bytes, std::size_t alignment) {
    for (unsigned attempts = 0;;) {
        const unsigned long long helped_before = helped_.load(std::memory_order_relaxed);
        std::exception_ptr       why;
        if (void* const block = attempt(upstream_, bytes, alignment, why)) return block;
        if (!again(bytes, alignment, attempts, helped_before)) std::rethrow_exception(why);
    }
}

void failure_callback_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    upstream_.deallocate(block, bytes, alignment);
}

bool failure_callback_resource::again(
    std::size_t bytes, std::size_t alignment, unsigned& attempts, unsigned long long helped_before) {
    if (!std::has_single_bit(alignment) || bytes > PTRDIFF_MAX) return false;
    if (lock_.mine()) return false;  // the callback's own request
    const std::scoped_lock hold(lock_);
    if (helped_.load(std::memory_order_relaxed) != helped_before) return true;  // another thread's call may have been enough
    calls_.fetch_add(1, std::memory_order_relaxed);
    if (!callback_(context_, bytes, alignment, ++attempts)) return false;
    helped_.fetch_add(1, std::memory_order_relaxed);
    return true;
}

layer_facts failure_callback_resource::facts() const noexcept {
    layer_facts text;
    return text.append("called ").append(calls()).append(" times");
}

}  // namespace autopmr

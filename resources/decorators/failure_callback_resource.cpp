#include <autopmr/decorators/failure_callback_resource.hpp>

#include "src/platform/os.hpp"
#include "src/support/attempt.hpp"

#include <bit>
#include <cstdint>
#include <thread>

namespace autopmr {
namespace {

// One callback at a time, without a lock that a fork would have to wait for. What another thread of the parent was at when it
// forked is no business of the child, which has a number of its own.
class turn {
public:
    turn(std::atomic<unsigned long>& busy, std::atomic<std::thread::id>& caller) noexcept : busy_(busy), caller_(caller) {
        const unsigned long here = os::process_number() | 1ul << (sizeof here * 8 - 1);  // never 0
        for (unsigned long now = busy.load(std::memory_order_relaxed);;) {
            if (now == here) {
                busy.wait(now);
                now = busy.load(std::memory_order_relaxed);
            } else if (busy.compare_exchange_weak(now, here, std::memory_order_acquire, std::memory_order_relaxed)) break;
        }
        caller.store(std::this_thread::get_id(), std::memory_order_relaxed);
    }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn() {
        caller_.store({}, std::memory_order_relaxed);
        busy_.store(0, std::memory_order_release);
        busy_.notify_all();
    }

private:
    std::atomic<unsigned long>&   busy_;
    std::atomic<std::thread::id>& caller_;
};

}  // namespace

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
    if (caller_.load(std::memory_order_relaxed) == std::this_thread::get_id()) return false;  // the callback's own request
    const turn mine(busy_, caller_);
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

#include "sampled_guard_resource_start.hpp"

#include <autopmr/errors.hpp>

#include <new>
#include <thread>

#include "src/support/first_made.hpp"
#include "src/support/fork_watch.hpp"

namespace autopmr {
namespace {

constexpr std::size_t most_live = 64, most_freed = 128;

constinit std::atomic<std::uint64_t> starter{0};  // the thread that joins a pool; 0: none, and so is one of a parent process

/// Holds the place of the starter, or finds that another thread has it.
class place_of_starter {
public:
    place_of_starter() noexcept {
        const std::uint64_t own = this_thread_of_process();
        std::uint64_t       whose = starter.load(std::memory_order_relaxed);
        held_ = (whose == 0 || !are_of_one_process(whose, own)) && starter.compare_exchange_strong(whose, own, std::memory_order_acquire);
    }
    place_of_starter(const place_of_starter&) = delete;
    place_of_starter& operator=(const place_of_starter&) = delete;
    ~place_of_starter() {
        if (held_) starter.store(0, std::memory_order_release);
    }
    explicit operator bool() const noexcept { return held_; }

private:
    bool held_ = false;
};

/// Null where memory is out.
guard_pool* shared_pool() noexcept {
    guard_pool_options options;
    options.most_live = most_live;
    options.quarantine = most_freed;
#if defined(__cpp_exceptions)
    try {
        return first_in_pages(sampled_guard_start::shared, options);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
#else
    return first_in_pages(sampled_guard_start::shared, options);
#endif
}

constinit std::atomic<const sampled_guard_resource*> samplers[256] = {};

/// A free that came while its thread was in a pool: a signal handler's, or a fault handler's.
struct waiting_free {
    enum : unsigned { empty, changing, full };
    std::atomic<unsigned>   state{empty};
    sampled_guard_resource* resource = nullptr;
    void*                   block = nullptr;
    std::size_t             bytes = 0, alignment = 0;
};
constinit waiting_free waiting[16] = {};
constinit std::atomic<unsigned> how_many_wait{0};

}  // namespace

guard_pool& sampled_guard_pool() {
    guard_pool* const pool = shared_pool();
    if (pool == nullptr) throw_out_of_memory(sizeof(guard_pool), alignof(guard_pool), "sampled_guard");
    return *pool;
}

bool sampled_guard_start::ready(sampled_guard_resource& one) noexcept {
    if (one.enlisted_.load(std::memory_order_acquire)) return true;
    const place_of_starter mine;
    if (!mine) return false;
    if (one.enlisted_.load(std::memory_order_acquire)) return true;
    guard_pool* const own = one.own_pool_.load(std::memory_order_relaxed);
    guard_pool* const pool = own != nullptr ? own : shared_pool();
    if (pool == nullptr || !pool->enlist(one.owner_)) return false;
    if (own == nullptr) one.room_.store(most_live, std::memory_order_relaxed);
    one.enlisted_.store(true, std::memory_order_release);
    return true;
}

void sampled_guard_start::wait_until_ready(sampled_guard_resource& one) noexcept {
    // A pool has room for so many owners that this ends; if it has not, its report names no one.
    for (int i = 0; i != 1000 && !ready(one); ++i) std::this_thread::yield();
}

bool sampled_guard_start::enter(sampled_guard_resource& one) noexcept {
    for (auto& place : samplers) {
        const sampled_guard_resource* nobody = nullptr;
        if (place.compare_exchange_strong(nobody, &one, std::memory_order_release)) return true;
    }
    return false;
}

void sampled_guard_start::leave(sampled_guard_resource& one) noexcept {
    if (how_many_wait.load(std::memory_order_acquire) != 0) free_what_waits();
    for (auto& place : samplers) {
        const sampled_guard_resource* me = &one;
        if (place.compare_exchange_strong(me, nullptr, std::memory_order_release)) return;
    }
}

bool sampled_guard_start::samples_from(const std::pmr::memory_resource* one, const std::atomic<guard_pool*>* pool) noexcept {
    for (const auto& place : samplers) {
        const sampled_guard_resource* const other = place.load(std::memory_order_acquire);
        if (other == nullptr || other != one) continue;
        return other->pool_ == pool || (pool->load() != nullptr && pool->load() == other->pool_->load());
    }
    return false;
}

void sampled_guard_start::let_wait(sampled_guard_resource& one, void* block, std::size_t bytes, std::size_t alignment) noexcept {
    for (waiting_free& place : waiting) {
        unsigned empty = waiting_free::empty;
        if (!place.state.compare_exchange_strong(empty, waiting_free::changing, std::memory_order_acquire)) continue;
        place.resource = &one;
        place.block = block;
        place.bytes = bytes;
        place.alignment = alignment;
        place.state.store(waiting_free::full, std::memory_order_release);
        how_many_wait.fetch_add(1, std::memory_order_release);
        return;
    }
}

void sampled_guard_start::free_what_waits() noexcept {
    if (how_many_wait.load(std::memory_order_acquire) == 0) return;
    for (waiting_free& place : waiting) {
        unsigned full = waiting_free::full;
        if (!place.state.compare_exchange_strong(full, waiting_free::changing, std::memory_order_acquire)) continue;
        const waiting_free& is = place;
        is.resource->pool_->load(std::memory_order_acquire)
            ->deallocate(is.block, is.bytes, is.alignment, is.resource->owner_, nullptr);
        how_many_wait.fetch_sub(1, std::memory_order_relaxed);
        place.state.store(waiting_free::empty, std::memory_order_release);
    }
}

}  // namespace autopmr

// libautopmr-boost_pool.so: C functions over Boost.Container's pool, whose root is malloc. A library of its own, so that the
// core needs no Boost. Blocks are aligned to 16, no better: the caller pads. The lock is ours, around the unsynchronized pool:
// Boost's synchronized one is the same with a lock that nobody else can reach, and fork must hold it.

#include <atomic>
#include <boost/container/pmr/memory_resource.hpp>
#include <boost/container/pmr/unsynchronized_pool_resource.hpp>
#include <boost/version.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <new>

namespace {

namespace pmr = boost::container::pmr;

std::atomic<std::size_t>            committed{0};
std::atomic<void (*)(const void*)> tell_parcelled{nullptr};  // who counts the pool's blocks need not count these too

class root final : public pmr::memory_resource {
    void* do_allocate(std::size_t bytes, std::size_t) override {
        void* block = std::malloc(bytes);
        if (block == nullptr) throw std::bad_alloc();
        committed.fetch_add(bytes, std::memory_order_relaxed);
        if (const auto tell = tell_parcelled.load(std::memory_order_relaxed)) tell(block);
        return block;
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t) override {
        committed.fetch_sub(bytes, std::memory_order_relaxed);
        std::free(block);
    }
    bool do_is_equal(const pmr::memory_resource& other) const noexcept override { return this == &other; }
};

// Never destroyed: it serves until the process is gone.
pmr::unsynchronized_pool_resource& pool() {
    using resource = pmr::unsynchronized_pool_resource;
    alignas(root) static char     room[sizeof(root)];
    alignas(resource) static char place[sizeof(resource)];
    static auto* const            made = ::new (place) resource(::new (room) root);
    return *made;
}
std::mutex lock;

// A pool's block is aligned no better than its size.
std::size_t size_in_pool(std::size_t bytes) { return bytes < 16 ? 16 : bytes; }

}  // namespace

extern "C" {

// Whom to tell of what the pool takes, or null.
__attribute__((visibility("default"))) void autopmr_boost_pool_start(void (*parcelled)(const void*) noexcept) {
    tell_parcelled.store(parcelled, std::memory_order_relaxed);
}
// Around a fork.
__attribute__((visibility("default"))) void autopmr_boost_pool_lock() noexcept { lock.lock(); }
__attribute__((visibility("default"))) void autopmr_boost_pool_unlock() noexcept { lock.unlock(); }

__attribute__((visibility("default"))) void* autopmr_boost_pool_malloc(std::size_t bytes) noexcept {
    if (bytes > PTRDIFF_MAX / 2) return nullptr;  // the pool adds its headers unchecked
    try {
        const std::lock_guard<std::mutex> locked(lock);
        return pool().allocate(size_in_pool(bytes));
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}
__attribute__((visibility("default"))) void autopmr_boost_pool_free(void* block, std::size_t bytes) noexcept {
    const std::lock_guard<std::mutex> locked(lock);
    pool().deallocate(block, size_in_pool(bytes));
}
__attribute__((visibility("default"))) std::size_t autopmr_boost_pool_committed() noexcept {
    return committed.load(std::memory_order_relaxed);
}
__attribute__((visibility("default"))) const char* autopmr_boost_pool_version() noexcept { return BOOST_LIB_VERSION; }

}

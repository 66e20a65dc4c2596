// libautopmr-boost_pool.so: C functions over Boost.Container's synchronized pool, whose root is malloc. A library of its own,
// so that the core needs no Boost. Blocks are aligned as the default is, no better: the caller pads.

#include <atomic>
#include <boost/container/pmr/memory_resource.hpp>
#include <boost/container/pmr/synchronized_pool_resource.hpp>
#include <boost/version.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace {

namespace pmr = boost::container::pmr;

std::atomic<std::size_t> committed{0};

class root final : public pmr::memory_resource {
    void* do_allocate(std::size_t bytes, std::size_t) override {
        void* block = std::malloc(bytes);
        if (block == nullptr) throw std::bad_alloc();
        committed.fetch_add(bytes, std::memory_order_relaxed);
        return block;
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t) override {
        committed.fetch_sub(bytes, std::memory_order_relaxed);
        std::free(block);
    }
    bool do_is_equal(const pmr::memory_resource& other) const noexcept override { return this == &other; }
};

// Never destroyed: it serves until the process is gone.
pmr::synchronized_pool_resource& pool() {
    alignas(root) static char room[sizeof(root)];
    alignas(pmr::synchronized_pool_resource) static char place[sizeof(pmr::synchronized_pool_resource)];
    static auto* made = ::new (place) pmr::synchronized_pool_resource(::new (room) root);
    return *made;
}

}  // namespace

extern "C" {

__attribute__((visibility("default"))) void* autopmr_boost_pool_malloc(std::size_t bytes) noexcept {
    if (bytes > PTRDIFF_MAX / 2) return nullptr;  // the pool adds its headers unchecked
    try {
        return pool().allocate(bytes);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}
__attribute__((visibility("default"))) void autopmr_boost_pool_free(void* block, std::size_t bytes) noexcept {
    pool().deallocate(block, bytes);
}
__attribute__((visibility("default"))) std::size_t autopmr_boost_pool_committed() noexcept {
    return committed.load(std::memory_order_relaxed);
}
__attribute__((visibility("default"))) const char* autopmr_boost_pool_version() noexcept { return BOOST_LIB_VERSION; }

}

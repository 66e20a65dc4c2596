// Until the backends are here: operator new serves, everything else says that it is not built.
#include "src/backends_pending.hpp"

#include <autopmr/layer.hpp>

#include <new>

namespace autopmr {
namespace {

void* take(std::size_t bytes, std::size_t alignment) { return ::operator new(bytes, std::align_val_t(alignment)); }
void  give(void* block, std::size_t bytes, std::size_t alignment) { ::operator delete(block, bytes, std::align_val_t(alignment)); }

struct plain final : layer {
    explicit constexpr plain(std::string_view n) noexcept : name_(n) {}
    std::string_view name() const noexcept override { return name_; }
    void*            do_allocate(std::size_t bytes, std::size_t alignment) override { return take(bytes, alignment); }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override { give(block, bytes, alignment); }
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
    std::string_view name_;
};

template <int N>
std::pmr::memory_resource& one() noexcept {
    constexpr std::string_view names[] = {"system", "new_delete", "mimalloc", "jemalloc", "tcmalloc", "tbb", "scudo", "boost_pool", "fixed_heap"};
    static plain* const instance = new plain(names[N]);
    return *instance;
}

std::string_view good() noexcept { return {}; }
std::string_view missing() noexcept { return "not built: this backend"; }

}  // namespace

const backend system_backend{"system", "the C library's malloc", good, one<0>, take, give};
const backend new_delete_backend{"new_delete", "operator new and delete", good, one<1>, take, give};
const backend mimalloc_backend{"mimalloc", "mimalloc", missing, one<2>, take, give};
const backend jemalloc_backend{"jemalloc", "jemalloc", missing, one<3>, take, give};
const backend tcmalloc_backend{"tcmalloc", "tcmalloc", missing, one<4>, take, give};
const backend tbb_backend{"tbb", "oneTBB's scalable allocator", missing, one<5>, take, give};
const backend scudo_backend{"scudo", "Scudo", missing, one<6>, take, give};
const backend boost_pool_backend{"boost_pool", "Boost.Container's pool", missing, one<7>, take, give};
const backend fixed_heap_backend{"fixed_heap", "one fixed region", missing, one<8>, take, give};

}  // namespace autopmr

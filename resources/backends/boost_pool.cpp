#include <autopmr/backends/boost_pool.hpp>

#include "src/support/direct.hpp"
#include "src/support/fork_watch.hpp"
#include "src/support/told.hpp"

namespace autopmr {
namespace {

// The functions of libautopmr-boost_pool.so.
constinit imported<void*(std::size_t)>       pool_malloc;
constinit imported<void(void*, std::size_t)> pool_free;
constinit imported<std::size_t()>            pool_committed;
constinit imported<void()>                   pool_lock, pool_unlock;
constinit imported<void(void (*)(const void*) noexcept)> pool_start;
constinit imported<const char*()>            pool_version;

std::string_view why_not() noexcept;

struct library {
    static constinit inline malloc_by_alignment<library> small;

    static std::string_view why_not() noexcept { return autopmr::why_not(); }

    // The pool knows no large alignments. Take more, and keep what it gave just before what is handed out.
    static void* aligned(std::size_t bytes, std::size_t alignment) {
        void* given = pool_malloc(bytes + alignment);
        if (given == nullptr) return nullptr;
        const auto start = reinterpret_cast<std::uintptr_t>(given);
        char*      block = static_cast<char*>(given) + (alignment - (start & (alignment - 1)));
        reinterpret_cast<void**>(block)[-1] = given;
        return block;
    }
    static void release(void* block, std::size_t bytes, std::size_t alignment) {
        if (alignment <= largest_small_alignment) pool_free(block, asked_size(bytes, alignment));
        else pool_free(static_cast<void**>(block)[-1], std::max<std::size_t>(bytes, 1) + alignment);
    }
};
using calls = direct<boost_pool_backend, library>;

constinit immortal<boost_pool_resource> instance;

constexpr auto size_of_freed = [](void*, std::size_t bytes) noexcept { return bytes; };

// A fork waits until no thread is in the pool.
struct pool_at_fork {
    static void before_fork() noexcept { pool_lock(); }
    static void in_parent() noexcept { pool_unlock(); }
    static void in_child() noexcept { pool_unlock(); }
};

void load(reason& why_not) noexcept {
    constexpr std::string_view absent = AUTOPMR_BOOST_POOL_ABSENT;
    if (!absent.empty()) {
        why_not = absent;
        return;
    }
    void* module = open_first_of({"libautopmr-boost_pool.so"}, "link the program with autopmr::backends, which brings it", why_not);
    if (module == nullptr ||
        !pool_free.require(module, "autopmr_boost_pool_free", why_not, told::takes<boost_pool_backend, size_of_freed>) ||
        !pool_committed.require(module, "autopmr_boost_pool_committed", why_not) ||
        !pool_lock.require(module, "autopmr_boost_pool_lock", why_not) ||
        !pool_unlock.require(module, "autopmr_boost_pool_unlock", why_not) ||
        !pool_start.require(module, "autopmr_boost_pool_start", why_not) ||
        !pool_version.require(module, "autopmr_boost_pool_version", why_not) ||
        !pool_malloc.require(module, "autopmr_boost_pool_malloc", why_not, told::gives<boost_pool_backend, 0>))
        return;
    fork_watch<pool_at_fork>::begin();
    pool_start(announce::blocks_watched() ? announce::block_parcelled : nullptr);
    library::small.set(pool_malloc.get());
}
constinit text_once reason_not_to_serve{load};
std::string_view    why_not() noexcept { return reason_not_to_serve.view(); }

constinit text_once version_text{[](reason& text) noexcept {
    if (!why_not().empty()) return;
    for (const char* c = pool_version(); *c != 0; ++c) text.append(std::string_view(*c == '_' ? "." : c, 1));  // "1_81"
}};

footprint usage() noexcept {
    footprint answer;
    if (!why_not().empty()) return answer;
    answer.committed = pool_committed();
    answer.committed_known = true;
    return answer;
}

}  // namespace

constinit const backend boost_pool_backend{
    .name = "boost_pool",
    .what = "Boost.Container's synchronized pool over malloc",
    .why_not = why_not,
    .resource = []() noexcept -> std::pmr::memory_resource& { return instance.resource; },
    .allocate = calls::allocate,
    .deallocate = calls::deallocate,
    .version = []() noexcept { return version_text.view(); },
    .usage = usage,
};
template class backend_resource<boost_pool_backend>;

}  // namespace autopmr

#include "src/support/announce.hpp"

#include <atomic>

#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#else  // built without Valgrind's headers: it sees the upstream's blocks only
#define VALGRIND_MAKE_MEM_NOACCESS(at, bytes) (void)0
#define VALGRIND_MAKE_MEM_UNDEFINED(at, bytes) (void)0
#define VALGRIND_MAKE_MEM_DEFINED(at, bytes) 0
#define VALGRIND_CREATE_MEMPOOL(pool, red_zone, zeroed) (void)0
#define VALGRIND_DESTROY_MEMPOOL(pool) (void)0
#define VALGRIND_MEMPOOL_ALLOC(pool, at, bytes) (void)0
#define VALGRIND_MEMPOOL_FREE(pool, at) (void)0
#endif

// There when the program was compiled with AddressSanitizer, whatever this library was compiled with.
#if defined(__GNUC__) && defined(__ELF__)
extern "C" {
[[gnu::weak]] void __asan_poison_memory_region(const volatile void* at, std::size_t bytes);
[[gnu::weak]] void __asan_unpoison_memory_region(const volatile void* at, std::size_t bytes);
[[gnu::weak]] void __lsan_register_root_region(const void* at, std::size_t bytes);
[[gnu::weak]] void __lsan_unregister_root_region(const void* at, std::size_t bytes);
}
#else
namespace {
constexpr void (*__asan_poison_memory_region)(const volatile void*, std::size_t) = nullptr;
constexpr void (*__asan_unpoison_memory_region)(const volatile void*, std::size_t) = nullptr;
constexpr void (*__lsan_register_root_region)(const void*, std::size_t) = nullptr;
constexpr void (*__lsan_unregister_root_region)(const void*, std::size_t) = nullptr;
}  // namespace
#endif

namespace autopmr::announce {
namespace {

bool on_asan() noexcept { return __asan_poison_memory_region != nullptr && __asan_unpoison_memory_region != nullptr; }

/// Memcheck alone listens. Under Valgrind's other tools, which count or profile, a program should do what it does by itself.
bool on_valgrind() noexcept {
    enum : signed char { unknown, no, yes };
    static constinit std::atomic<signed char> answer{unknown};
    if (const signed char known = answer.load(std::memory_order_relaxed); known != unknown) return known == yes;
    char       one = 0;  // defined already: asking changes nothing
    const bool on = VALGRIND_MAKE_MEM_DEFINED(&one, sizeof one) != 0;
    answer.store(on ? yes : no, std::memory_order_relaxed);
    return on;
}

void unpoison(const void* at, std::size_t bytes) noexcept {
    if (on_asan()) __asan_unpoison_memory_region(at, bytes);
}

}  // namespace

bool watched() noexcept { return on_asan() || on_valgrind(); }

void hide(const void* at, std::size_t bytes) noexcept {
    if (on_asan()) __asan_poison_memory_region(at, bytes);
    if (on_valgrind()) (void)VALGRIND_MAKE_MEM_NOACCESS(at, bytes);
}

void show(const void* at, std::size_t bytes) noexcept {
    unpoison(at, bytes);
    if (on_valgrind()) (void)VALGRIND_MAKE_MEM_UNDEFINED(at, bytes);
}

void show_as_written(const void* at, std::size_t bytes) noexcept {
    unpoison(at, bytes);
    if (on_valgrind()) (void)VALGRIND_MAKE_MEM_DEFINED(at, bytes);
}

void keeps_for_ever(const void* pages, std::size_t bytes) noexcept {
    if (__lsan_register_root_region != nullptr) __lsan_register_root_region(pages, bytes);
}

void keeps_no_more(const void* pages, std::size_t bytes) noexcept {
    if (__lsan_unregister_root_region != nullptr) __lsan_unregister_root_region(pages, bytes);
}

void pool_made(const void* pool) noexcept {
    if (on_valgrind()) VALGRIND_CREATE_MEMPOOL(pool, 0, 0);
}

void pool_gone(const void* pool) noexcept {
    if (on_valgrind()) VALGRIND_DESTROY_MEMPOOL(pool);
}

void block_given(const void* pool, const void* at, std::size_t bytes) noexcept {
    unpoison(at, bytes);
    if (on_valgrind()) VALGRIND_MEMPOOL_ALLOC(pool, at, bytes);
}

void block_taken(const void* pool, const void* at, std::size_t bytes) noexcept {
    if (on_asan()) __asan_poison_memory_region(at, bytes);
    if (on_valgrind()) VALGRIND_MEMPOOL_FREE(pool, at);
}

}  // namespace autopmr::announce

#include "src/support/announce.hpp"

#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#else  // built without Valgrind's headers: it sees the upstream's blocks only
#define VALGRIND_MAKE_MEM_NOACCESS(at, bytes) (void)0
#define VALGRIND_MAKE_MEM_UNDEFINED(at, bytes) (void)0
#define VALGRIND_MAKE_MEM_DEFINED(at, bytes) 0
#define VALGRIND_GET_VBITS(at, bits, bytes) 0
#define VALGRIND_CREATE_MEMPOOL(pool, red_zone, zeroed) (void)0
#define VALGRIND_DESTROY_MEMPOOL(pool) (void)0
#define VALGRIND_MEMPOOL_ALLOC(pool, at, bytes) (void)0
#define VALGRIND_MEMPOOL_FREE(pool, at) (void)0
#define VALGRIND_MALLOCLIKE_BLOCK(at, bytes, red_zone, zeroed) (void)0
#define VALGRIND_FREELIKE_BLOCK(at, red_zone) (void)0
#endif

#include "src/platform/os.hpp"

#include <atomic>

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

/// Who is there, asked once. Not a function's static: a fork while another thread makes one would leave it locked in the child.
constexpr unsigned asked = 1, valgrind = 2, heaptrack = 4;
constinit std::atomic<unsigned> known{0};

unsigned there() noexcept {
    unsigned all = known.load(std::memory_order_relaxed);
    if (all != 0) [[likely]] return all;
    char one = 0;  // defined already: asking changes nothing
    // Memcheck alone listens. Under Valgrind's other tools, which count or profile, a program should do what it does by itself.
    all = asked | (VALGRIND_MAKE_MEM_DEFINED(&one, sizeof one) != 0 ? valgrind : 0u) | (os::heaptrack().given != nullptr ? heaptrack : 0u);
    known.store(all, std::memory_order_relaxed);
    return all;
}

bool on_valgrind() noexcept { return (there() & valgrind) != 0; }
bool on_heaptrack() noexcept { return (there() & heaptrack) != 0; }

void tell_valgrind_taken(const void* pool, const void* at) noexcept {
    if (pool == no_pool) VALGRIND_FREELIKE_BLOCK(at, 0);
    else VALGRIND_MEMPOOL_FREE(pool, at);
}

void unpoison(const void* at, std::size_t bytes) noexcept {
    if (on_asan()) __asan_unpoison_memory_region(at, bytes);
}

}  // namespace

bool watched() noexcept { return on_asan() || blocks_watched(); }
bool blocks_watched() noexcept { return there() != asked; }

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
    if (on_valgrind()) {
        if (pool == no_pool) VALGRIND_MALLOCLIKE_BLOCK(at, bytes, 0, 0);
        else VALGRIND_MEMPOOL_ALLOC(pool, at, bytes);
    }
    if (on_heaptrack()) os::heaptrack().given(const_cast<void*>(at), bytes);
}

void block_taken(const void* pool, const void* at, std::size_t bytes) noexcept {
    if (on_asan()) __asan_poison_memory_region(at, bytes);
    if (on_valgrind()) tell_valgrind_taken(pool, at);
    block_dropped(at);
}

void block_returned(const void* pool, const void* at, std::size_t bytes) noexcept {
    if (on_valgrind()) {
        tell_valgrind_taken(pool, at);
        (void)VALGRIND_MAKE_MEM_DEFINED(at, bytes);
    }
    block_dropped(at);
}

void block_dropped(const void* at) noexcept {
    if (on_heaptrack()) os::heaptrack().taken(const_cast<void*>(at));
}

bool seen_already(const void* block) noexcept {
    unsigned char unset = 0;  // a block of Valgrind's own is; fresh pages of the system hold zeros
    return on_valgrind() && VALGRIND_GET_VBITS(block, &unset, 1) == 1 && unset != 0;
}

void block_parcelled(const void* at) noexcept { block_dropped(at); }

}  // namespace autopmr::announce

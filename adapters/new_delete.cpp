// Replaces what the C++ library has. None of this may use operator new itself, nor need to be constructed.

#include <autopmr/adapters/new_delete.hpp>
#include <autopmr/backends/system.hpp>

#include <atomic>
#include <cstddef>
#include <new>
#include <utility>

extern "C" [[gnu::weak]] void autopmr_first_new();

namespace autopmr {
namespace {

constinit heap_slot              chosen;
constinit std::atomic<bool>      asked{false};   // the program was asked for its choice
constinit thread_local bool      inside = false;  // the chosen resource is at work, or being chosen

/// Over malloc, never over operator new.
c_heap& root() noexcept {
    alignas(c_heap) static std::byte place[sizeof(c_heap)];
    static c_heap* const             heap = new (place) c_heap(&static_cast<system_resource&>(system_backend.resource()));
    return *heap;
}

struct going_in {
    going_in() noexcept : before(std::exchange(inside, true)) {}
    ~going_in() { inside = before; }
    const bool before;
};

void* serve(std::size_t bytes, std::size_t alignment) noexcept {
    if (!inside) {
        if (autopmr_first_new != nullptr && !asked.load(std::memory_order_relaxed) && !asked.exchange(true)) {
            const going_in mark;
            autopmr_first_new();
        }
        if (c_heap* const heap = chosen.get()) {
            const going_in mark;
            return heap->aligned_alloc(alignment, bytes);
        }
    }
    return root().aligned_alloc(alignment, bytes);
}

/// Null only where nothing can be had and no new-handler helps.
void* serve_at_last(std::size_t bytes, std::size_t alignment) {
    for (;;) {
        if (void* const block = serve(bytes, alignment)) return block;
        const std::new_handler handler = std::get_new_handler();
        if (handler == nullptr) return nullptr;
        handler();
    }
}

void* or_throw(std::size_t bytes, std::size_t alignment) {
    void* const block = serve_at_last(bytes, alignment);
#if defined(__cpp_exceptions)
    if (block == nullptr) throw std::bad_alloc();
#else
    if (block == nullptr) throw_out_of_memory(bytes, alignment, "operator new");
#endif
    return block;
}

void* or_null(std::size_t bytes, std::size_t alignment) noexcept {
#if defined(__cpp_exceptions)
    try {
        return serve_at_last(bytes, alignment);
    } catch (const std::bad_alloc&) {  // of the new-handler
        return nullptr;
    }
#else
    return serve_at_last(bytes, alignment);
#endif
}

void take(void* block) noexcept {
    if (block == nullptr) return;
    const going_in mark;  // what a resource allocates while it takes a block back would find it in the middle of that
    c_heap* const  heap = chosen.get();
    (heap != nullptr && heap->owns(block) ? *heap : root()).free(block);
}

constexpr std::size_t usual = c_heap::alignment;

}  // namespace

install_answer route_new_delete(resource_ptr immortal, const char* who) noexcept {
    return chosen.install(std::move(immortal), false, who);
}
install_answer route_new_delete(resource_ptr immortal, const char* who, assume_any_thread_t) noexcept {
    return chosen.install(std::move(immortal), true, who);
}

}  // namespace autopmr

using autopmr::or_null;
using autopmr::or_throw;
using autopmr::take;
using autopmr::usual;
using std::align_val_t;
using std::nothrow_t;
using std::size_t;

void* operator new(size_t bytes) { return or_throw(bytes, usual); }
void* operator new[](size_t bytes) { return or_throw(bytes, usual); }
void* operator new(size_t bytes, const nothrow_t&) noexcept { return or_null(bytes, usual); }
void* operator new[](size_t bytes, const nothrow_t&) noexcept { return or_null(bytes, usual); }
void* operator new(size_t bytes, align_val_t a) { return or_throw(bytes, static_cast<size_t>(a)); }
void* operator new[](size_t bytes, align_val_t a) { return or_throw(bytes, static_cast<size_t>(a)); }
void* operator new(size_t bytes, align_val_t a, const nothrow_t&) noexcept { return or_null(bytes, static_cast<size_t>(a)); }
void* operator new[](size_t bytes, align_val_t a, const nothrow_t&) noexcept { return or_null(bytes, static_cast<size_t>(a)); }

void operator delete(void* block) noexcept { take(block); }
void operator delete[](void* block) noexcept { take(block); }
void operator delete(void* block, size_t) noexcept { take(block); }
void operator delete[](void* block, size_t) noexcept { take(block); }
void operator delete(void* block, const nothrow_t&) noexcept { take(block); }
void operator delete[](void* block, const nothrow_t&) noexcept { take(block); }
void operator delete(void* block, align_val_t) noexcept { take(block); }
void operator delete[](void* block, align_val_t) noexcept { take(block); }
void operator delete(void* block, size_t, align_val_t) noexcept { take(block); }
void operator delete[](void* block, size_t, align_val_t) noexcept { take(block); }
void operator delete(void* block, align_val_t, const nothrow_t&) noexcept { take(block); }
void operator delete[](void* block, align_val_t, const nothrow_t&) noexcept { take(block); }

#pragma once
/// \file
/// A c_heap behind plain functions, for libraries whose hooks have no context pointer.
///
/// `static_heap<my_library>::install(resource, "who")`, then hand malloc, calloc, realloc, free, strdup of it to the library: one
/// heap for each Tag and process. Such a hook is called from any thread and after main, so the resource must be safe from any
/// thread and is never let go: make it with make_immortal, or take a backend or a subsystem. Where the library hands its context
/// back, c_heap by itself is better. A Tag of a bridge has a hook(), which hands the functions over as part of install.
///
/// Any thread, any time: the heap is published at once. Until then malloc is null and free takes null only. Nothing throws:
/// what can't be done is an answer.

#include <autopmr/adapters/c_heap.hpp>

#include <atomic>
#include <cstddef>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

namespace autopmr {

/// A resource that is never destroyed. Throws what its constructor throws, and std::bad_alloc.
template <class Resource, class... Args>
[[nodiscard]] Resource& make_immortal(Args&&... args) {
    return *new Resource(std::forward<Args>(args)...);
}

/// Says that a resource is thread-safe that does not say so itself: one that is not autopmr's.
struct assume_any_thread_t {};
inline constexpr assume_any_thread_t assume_any_thread{};

/// What became of an installation. `refused_by_library` and `too_late` are for bridges, whose libraries have a say.
struct install_answer {
    enum kind : unsigned char { installed, already_installed, one_thread_only, threads_unknown, too_late, refused_by_library };
    kind        what = installed;
    const char* first = "";  ///< who was first, of already_installed

    [[nodiscard]] explicit         operator bool() const noexcept { return what == installed; }
    [[nodiscard]] std::string_view why() const noexcept;  ///< one immortal line; empty when installed
};

/// What all static_heaps share. Constant-initialised, never destroyed.
class heap_slot {
public:
    constexpr heap_slot() noexcept : nothing_(0) {}
    ~heap_slot() {}
    using hook = install_answer::kind (*)() noexcept;
    install_answer install(resource_ptr resource, bool assume, const char* who, hook last = nullptr) noexcept;
    /// Makes room again: only for one whose library refused, and so has called nothing.
    void                  withdraw() noexcept;
    [[nodiscard]] c_heap* get() const noexcept { return ready_.load(std::memory_order_acquire); }

private:
    std::atomic<const char*> who_{nullptr};
    std::atomic<c_heap*>     ready_{nullptr};
    union {
        char   nothing_;
        c_heap heap_;
    };
};

/// `static install_answer::kind hook() noexcept` of a Tag, which gives a library these functions; null where it has none.
template <class Tag, class = void>
inline constexpr heap_slot::hook hook_of = nullptr;
template <class Tag>
inline constexpr heap_slot::hook hook_of<Tag, std::void_t<decltype(Tag::hook())>> = Tag::hook;

template <class Tag>
class static_heap {
public:
    /// `who` is immortal: a later caller is told of it.
    template <class Resource>
    static install_answer install(Resource& immortal, const char* who) noexcept {
        return slot_.install(&immortal, false, who, hook_of<Tag>);
    }
    template <class Resource>
    static install_answer install(Resource& immortal, const char* who, assume_any_thread_t) noexcept {
        return slot_.install(&immortal, true, who, hook_of<Tag>);
    }
    static void withdraw() noexcept { slot_.withdraw(); }

    static void* malloc(std::size_t bytes) noexcept {
        c_heap* const on = heap();
        return on != nullptr ? on->malloc(bytes) : nullptr;
    }
    static void* calloc(std::size_t n, std::size_t bytes) noexcept { return heap() ? heap()->calloc(n, bytes) : nullptr; }
    static void* realloc(void* block, std::size_t bytes) noexcept { return heap() ? heap()->realloc(block, bytes) : nullptr; }
    static char* strdup(const char* text) noexcept { return heap() ? heap()->strdup(text) : nullptr; }
    static void  free(void* block) noexcept {
        if (c_heap* const on = heap(); block != nullptr && on != nullptr) on->free(block);
    }
    static std::size_t usable_size(const void* block) noexcept { return heap() ? heap()->usable_size(block) : 0; }
    /// Null until installed.
    [[nodiscard]] static c_heap* heap() noexcept { return slot_.get(); }

private:
    static inline heap_slot slot_;
};

}  // namespace autopmr

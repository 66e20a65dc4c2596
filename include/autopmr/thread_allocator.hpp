#pragma once
/// \file
/// An allocator without state: it allocates from the resource that is the thread's now.
///
/// Use it where a library makes its allocators itself and takes none (nlohmann::basic_json), within a thread_resource_scope. Each
/// block remembers its resource in 16 bytes before it (more where T is aligned to more), so it may be freed outside of the scope
/// and on another thread, as far as the resource allows, while the resource lives. Elsewhere propagating_allocator costs less.
///
/// Without a scope it is the default resource of std::pmr at that moment. Scopes nest and end in the reverse order, on their
/// thread. Throws what the resource throws, and std::bad_array_new_length.

#include <autopmr/propagating_allocator.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory_resource>
#include <new>
#include <type_traits>

namespace autopmr {

/// What this thread's thread_allocators allocate from.
[[nodiscard]] std::pmr::memory_resource* thread_resource() noexcept;

class [[nodiscard]] thread_resource_scope {
public:
    explicit thread_resource_scope(std::pmr::memory_resource* resource) noexcept;
    ~thread_resource_scope();
    thread_resource_scope(const thread_resource_scope&) = delete;
    thread_resource_scope& operator=(const thread_resource_scope&) = delete;

private:
    std::pmr::memory_resource* before_;
};

template <class T = std::byte>
class thread_allocator {
    static constexpr std::size_t alignment = std::max({alignof(T), alignof(std::max_align_t), sizeof(void*)});

public:
    using value_type = T;
    using propagate_on_container_move_assignment = std::true_type;
    using is_always_equal = std::true_type;

    thread_allocator() = default;
    template <class U>
    thread_allocator(const thread_allocator<U>&) noexcept {}

    [[nodiscard]] T* allocate(std::size_t n) {
        if (n > (std::numeric_limits<std::size_t>::max() - alignment) / sizeof(T)) throw_bad_array_length();
        std::pmr::memory_resource* const from = thread_resource();
        std::byte* const block = static_cast<std::byte*>(from->allocate(alignment + n * sizeof(T), alignment)) + alignment;
        new (block - sizeof(from)) std::pmr::memory_resource*(from);
        return reinterpret_cast<T*>(block);
    }
    void deallocate(T* block, std::size_t n) noexcept {
        std::byte* const at = reinterpret_cast<std::byte*>(block);
        auto* const      from = *std::launder(reinterpret_cast<std::pmr::memory_resource**>(at - sizeof(void*)));
        from->deallocate(at - alignment, alignment + n * sizeof(T), alignment);
    }
    template <class U>
    [[nodiscard]] bool operator==(const thread_allocator<U>&) const noexcept { return true; }
    template <class U>
    [[nodiscard]] bool operator!=(const thread_allocator<U>&) const noexcept { return false; }
};

}  // namespace autopmr

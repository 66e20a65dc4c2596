#pragma once
/// \file
/// std::pmr::polymorphic_allocator, but one that goes with the elements: on copy, on move and on swap.
///
/// Use it for containers that are assigned and swapped as values and are to keep their elements where they are: moving never
/// copies elements, and swapping containers of different resources is defined. The resource must then outlive every container
/// that its allocator went to. Use std::pmr's own where a container is to stay with its resource. As thread-safe as the
/// resource; throws what it throws, and std::bad_array_new_length.

#include <cstddef>
#include <limits>
#include <memory_resource>
#include <new>
#include <type_traits>

namespace autopmr {

/// Throws std::bad_array_new_length, out of line; without exceptions: a line on standard error and abort.
[[noreturn]] void throw_bad_array_length();

template <class T = std::byte>
class propagating_allocator {
public:
    using value_type = T;
    using propagate_on_container_copy_assignment = std::true_type;
    using propagate_on_container_move_assignment = std::true_type;
    using propagate_on_container_swap = std::true_type;
    using is_always_equal = std::false_type;

    propagating_allocator() noexcept : resource_(std::pmr::get_default_resource()) {}
    propagating_allocator(std::pmr::memory_resource* resource) noexcept : resource_(resource) {}
    template <class U>
    propagating_allocator(const propagating_allocator<U>& other) noexcept : resource_(other.resource()) {}

    [[nodiscard]] T* allocate(std::size_t n) {
        if (n > std::numeric_limits<std::size_t>::max() / sizeof(T)) throw_bad_array_length();
        return static_cast<T*>(resource_->allocate(n * sizeof(T), alignof(T)));
    }
    void deallocate(T* block, std::size_t n) noexcept { resource_->deallocate(block, n * sizeof(T), alignof(T)); }

    /// A copy of a container goes where the original is.
    [[nodiscard]] propagating_allocator      select_on_container_copy_construction() const noexcept { return *this; }
    [[nodiscard]] std::pmr::memory_resource* resource() const noexcept { return resource_; }

private:
    std::pmr::memory_resource* resource_;
};

template <class T, class U>
[[nodiscard]] bool operator==(const propagating_allocator<T>& a, const propagating_allocator<U>& b) noexcept {
    return *a.resource() == *b.resource();
}
template <class T, class U>
[[nodiscard]] bool operator!=(const propagating_allocator<T>& a, const propagating_allocator<U>& b) noexcept {
    return !(a == b);
}

}  // namespace autopmr

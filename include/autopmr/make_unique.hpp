#pragma once
/// \file
/// Smart pointers to objects that lie in a resource.
///
/// make_unique gives a unique_ptr whose deleter knows the resource, allocate_shared a shared_ptr whose object and counts are one
/// block of it. The resource must outlive them. As thread-safe as the resource; throws what it and the constructor throw, and then
/// nothing stays allocated. The object is not told of the resource: pass it among the arguments where it has pmr members.

#include <autopmr/propagating_allocator.hpp>

#include <cstddef>
#include <memory>
#include <memory_resource>
#include <new>
#include <type_traits>
#include <utility>

namespace autopmr {

/// Of exactly a T: a unique_ptr to it does not turn into one to a base.
template <class T>
class resource_delete {
public:
    resource_delete() noexcept = default;  ///< of an empty pointer
    explicit resource_delete(std::pmr::memory_resource* resource) noexcept : resource_(resource) {}
    void operator()(T* object) const noexcept {
        object->~T();
        resource_->deallocate(const_cast<std::remove_cv_t<T>*>(object), sizeof(T), alignof(T));
    }
    [[nodiscard]] std::pmr::memory_resource* resource() const noexcept { return resource_; }

private:
    std::pmr::memory_resource* resource_ = nullptr;
};

template <class T>
using resource_unique_ptr = std::unique_ptr<T, resource_delete<T>>;

template <class T, class... Args>
[[nodiscard]] resource_unique_ptr<T> make_unique(std::pmr::memory_resource& resource, Args&&... args) {
    static_assert(!std::is_array_v<T>, "use a container");
    struct give_back {  // a destructor, not a catch, so that it works without exceptions too
        std::pmr::memory_resource* to;
        void*                      block;
        ~give_back() {
            if (block != nullptr) to->deallocate(block, sizeof(T), alignof(T));
        }
    } pending{&resource, resource.allocate(sizeof(T), alignof(T))};
    T* const object = ::new (pending.block) T(std::forward<Args>(args)...);
    pending.block = nullptr;
    return resource_unique_ptr<T>(object, resource_delete<T>(&resource));
}

template <class T, class... Args>
[[nodiscard]] std::shared_ptr<T> allocate_shared(std::pmr::memory_resource& resource, Args&&... args) {
    return std::allocate_shared<T>(propagating_allocator<T>(&resource), std::forward<Args>(args)...);
}

}  // namespace autopmr

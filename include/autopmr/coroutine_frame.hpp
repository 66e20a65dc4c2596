#pragma once
/// \file
/// Coroutine frames from a memory_resource: a base for promise types.
///
/// `struct promise_type : autopmr::coroutine_frame { ... };` A coroutine whose parameters begin with std::allocator_arg and a
/// std::pmr::memory_resource*, or an allocator over one (std::pmr's, propagating_allocator), of a member function or lambda right
/// behind the object, has its frame from that resource; others have it from the default resource of the moment of the call. The
/// resource lives longer than the frame. One allocation a frame, of a pointer more than the frame. Not for coroutine types of
/// others, such as boost::asio::awaitable, whose promises are theirs. As thread-safe as the resource: a frame may end on another
/// thread than it began on. Calling the coroutine throws what the resource throws. C++20 is needed for coroutines, not for this header.

#include <cstddef>
#include <memory>
#include <memory_resource>
#include <new>

namespace autopmr {

class coroutine_frame {
public:
    template <class From, class... Rest>
    [[nodiscard]] static void* operator new(std::size_t bytes, std::allocator_arg_t, const From& from, const Rest&...) {
        return take(bytes, *resource_of(from));
    }
    template <class Object, class From, class... Rest>
    [[nodiscard]] static void* operator new(std::size_t bytes, const Object&, std::allocator_arg_t, const From& from, const Rest&...) {
        return take(bytes, *resource_of(from));
    }
    [[nodiscard]] static void* operator new(std::size_t bytes) { return take(bytes, *std::pmr::get_default_resource()); }

    static void operator delete(void* frame, std::size_t bytes) noexcept {
        std::pmr::memory_resource* const from = *place(frame, bytes);
        from->deallocate(frame, whole(bytes), alignment);
    }

protected:
    coroutine_frame() = default;
    ~coroutine_frame() = default;

private:
    static constexpr std::size_t alignment = __STDCPP_DEFAULT_NEW_ALIGNMENT__;  // what compilers take for granted

    static std::pmr::memory_resource* resource_of(std::pmr::memory_resource* from) noexcept { return from; }
    template <class Allocator>
    static auto resource_of(const Allocator& from) noexcept -> decltype(from.resource()) {
        return from.resource();
    }
    static constexpr std::size_t offset(std::size_t bytes) noexcept {
        return (bytes + alignof(std::pmr::memory_resource*) - 1) / alignof(std::pmr::memory_resource*) * alignof(std::pmr::memory_resource*);
    }
    static constexpr std::size_t        whole(std::size_t bytes) noexcept { return offset(bytes) + sizeof(std::pmr::memory_resource*); }
    static std::pmr::memory_resource** place(void* frame, std::size_t bytes) noexcept {
        return reinterpret_cast<std::pmr::memory_resource**>(static_cast<std::byte*>(frame) + offset(bytes));
    }
    static void* take(std::size_t bytes, std::pmr::memory_resource& from) {
        void* const frame = from.allocate(whole(bytes), alignment);
        ::new (static_cast<void*>(place(frame, bytes))) std::pmr::memory_resource*(&from);
        return frame;
    }
};

}  // namespace autopmr

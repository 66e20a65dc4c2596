#pragma once
/// \file
/// A std::vector whose elements lie in a secret_resource: what it grows out of is wiped, as is what it leaves.
///
/// For keys, passwords and messages in flat buffers. The elements must be trivially copyable: what points to memory elsewhere would
/// keep the secret there. There is no secret std::string, and secret_vector<char> stands in for it: std::basic_string keeps
/// short text (15 characters in libstdc++, 22 in libc++) within itself, on the stack or wherever it lies, and no
/// allocator ever hears of it. Default-constructed it uses process_secrets(). A copy uses the resource of its source; moves
/// and swaps take the resource along, so that no bytes are copied. As thread-safe as std::vector; throws what the resource throws.

#include <autopmr/guarded/secret_resource.hpp>

#include <cstddef>
#include <type_traits>
#include <vector>

namespace autopmr {

template <class T>
class secret_allocator {
    static_assert(std::is_trivially_copyable_v<T>, "secrets are flat: what has pointers or a destructor would leave parts of itself elsewhere");

public:
    using value_type = T;
    using propagate_on_container_move_assignment = std::true_type;
    using propagate_on_container_swap = std::true_type;

    secret_allocator() : resource_(&process_secrets()) {}
    secret_allocator(secret_resource& resource) noexcept : resource_(&resource) {}
    template <class U>
    secret_allocator(const secret_allocator<U>& other) noexcept : resource_(&other.resource()) {}

    [[nodiscard]] T* allocate(std::size_t n) {
        if (n > static_cast<std::size_t>(-1) / sizeof(T)) throw_out_of_memory(static_cast<std::size_t>(-1), alignof(T), "secret");
        return static_cast<T*>(resource_->allocate(n * sizeof(T), alignof(T)));
    }
    void                           deallocate(T* p, std::size_t n) noexcept { resource_->deallocate(p, n * sizeof(T), alignof(T)); }
    [[nodiscard]] secret_resource& resource() const noexcept { return *resource_; }

    template <class U>
    friend bool operator==(const secret_allocator& a, const secret_allocator<U>& b) noexcept { return &a.resource() == &b.resource(); }
    template <class U>
    friend bool operator!=(const secret_allocator& a, const secret_allocator<U>& b) noexcept { return &a.resource() != &b.resource(); }

private:
    secret_resource* resource_;
};

template <class T>
using secret_vector = std::vector<T, secret_allocator<T>>;

}  // namespace autopmr

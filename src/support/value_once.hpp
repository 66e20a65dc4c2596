#pragma once
/// \file
/// A value that is made at its first reading and kept for the life of the process, as a constant that the compiler can't have.
///
/// Several threads may make it at once, and the first one's is kept; so making must be repeatable. No lock is held meanwhile, and
/// there is no guard as a function's static has one: only the copy of the value is waited for, and by nobody in the child of a fork
/// in the middle of it, which copies anew.

#include "src/platform/os.hpp"

#include <atomic>
#include <type_traits>

namespace autopmr {

template <class T>
class value_once {
    static_assert(std::is_trivially_copyable_v<T>, "a copy may be begun twice");

public:
    using maker = void (*)(T& value) noexcept;

    explicit constexpr value_once(maker make) noexcept : make_(make) {}
    const T& get() noexcept {
        if (state_.load(std::memory_order_acquire) != settled) settle();
        return value_;
    }

private:
    enum : unsigned long { open, settled, writing };  // from here on: the number of the process that copies

    void settle() noexcept {
        T value{};
        make_(value);
        const unsigned long here = writing + os::process_number();
        unsigned long       now = state_.load(std::memory_order_acquire);
        while (now != settled) {
            if (now == here) {  // another thread is copying its own: a few nanoseconds
                now = state_.load(std::memory_order_acquire);
            } else if (state_.compare_exchange_weak(now, here, std::memory_order_acquire)) {
                value_ = value;
                state_.store(settled, std::memory_order_release);
                return;
            }
        }
    }

    maker                      make_;
    std::atomic<unsigned long> state_{open};
    T                          value_{};
};

}  // namespace autopmr

#pragma once
/// \file
/// Finds who uses a resource for one thread from a second one.
///
/// Put it on an unsynchronized pool or arena while you look for a race; a load and a compare make it cheap enough to stay.
/// The resource belongs to the thread that uses it first, so one may be made here and used there; rebind() hands it over.
/// Another thread that comes is a fault_kind::wrong_thread, with the numbers of both threads. Where the handler answers
/// quarantine, its request is refused with wrong_thread, and a block that it brings back stays out of circulation. Any
/// thread; the check itself is free of races. It can't tell a thread that ended from a later one that got its identity.

#include <autopmr/observed.hpp>
#include <autopmr/observer.hpp>

#include <atomic>
#include <string_view>
#include <thread>

namespace autopmr {

class thread_check {
public:
    static constexpr std::string_view name = "thread_check";
    static constexpr thread_use       threads = thread_use::one_thread;

    /// It belongs to nobody now, and to the next thread that uses it. Any thread may call this while no one uses it.
    void        rebind() noexcept { owner_.store(std::thread::id(), std::memory_order_relaxed); }
    layer_facts facts() const noexcept;

    void reserve(const block_request& request) {
        if (!is_mine() && !take()) refuse(request);
    }
    void commit(void*, const block_request&) noexcept {}
    void cancel(const block_request&) noexcept {}
    bool retire(void* block, const block_request&) noexcept {
        if (is_mine() || take()) return true;
        report(block);
        return false;
    }
    void settle(const block_request&) noexcept {}

private:
    bool is_mine() const noexcept { return owner_.load(std::memory_order_relaxed) == std::this_thread::get_id(); }
    bool take() noexcept;  // true where it belonged to nobody
    void refuse(const block_request& request) const;
    void report(const void* where) const noexcept;

    std::atomic<std::thread::id> owner_{std::thread::id()};
    std::atomic<unsigned long>   number_{0};  // of the owner, for reports
};

/// `thread_check_resource(upstream = {})`; hand over with `observer().rebind()`.
using thread_check_resource = observed<thread_check, resource_ptr, with_exceptions>;
extern template class observed<thread_check, resource_ptr, with_exceptions>;  // in resources/decorators/thread_check.cpp

}  // namespace autopmr

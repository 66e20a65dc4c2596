#pragma once
/// \file
/// A lock around an upstream that is for one thread.
///
/// Use it to share a pool or an arena that is not made for sharing, where threads rarely meet; where they often do, a
/// resource that is made for threads (a backend, a concurrent pool) is faster. Any thread, and all that goes through it is
/// one at a time, trim() included. A child forked while other threads allocate may go on: a fork waits for the lock
/// (fork_mutex.hpp has the rules). The upstream must not call back into it. Throws what the upstream throws.

#include <autopmr/fork_mutex.hpp>
#include <autopmr/layer.hpp>
#include <autopmr/resource_ptr.hpp>

#include <cstddef>
#include <memory_resource>
#include <string_view>
#include <utility>

namespace autopmr {

class synchronized_resource final : public layer {
public:
    explicit synchronized_resource(resource_ptr upstream = {}) noexcept : upstream_(std::move(upstream)) {}
    synchronized_resource(const synchronized_resource&) = delete;
    synchronized_resource& operator=(const synchronized_resource&) = delete;

    [[nodiscard]] std::string_view           name() const noexcept override { return "synchronized"; }
    [[nodiscard]] thread_use threads() const noexcept override { return thread_use::any_thread; }
    [[nodiscard]] std::pmr::memory_resource* upstream_resource() const noexcept override { return upstream_.get(); }
    [[nodiscard]] layer*                     upstream_layer() const noexcept override { return upstream_.as_layer(); }
    void                                     trim() noexcept override;

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void  do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override;
    bool  do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

    resource_ptr upstream_;
    fork_mutex   lock_;
};

}  // namespace autopmr

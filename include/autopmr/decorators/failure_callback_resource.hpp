#pragma once
/// \file
/// An out-of-memory handler for one resource: it may free something and have the request tried again.
///
/// Use it over a budget or a fixed heap, with a callback that drops caches. The callback is a function and a context rather
/// than a std::function: making and calling it needs no memory at a time when there is none. Any thread that may use the
/// upstream; the callback runs on the thread whose request failed, one call at a time, and who waited for another's call
/// tries again before it makes its own. The callback may allocate here and free here; its own requests are not handled but
/// fail. It must not wait for another thread that allocates here: where a cache has a lock of its own, try it. No lock is held
/// over the callback, which may end other resources; a child that is forked meanwhile can go on. Throws what the
/// upstream throws, and what the callback throws. Where autopmr is built without exceptions no refusal can be seen and the
/// callback is never called.

#include <autopmr/layer.hpp>
#include <autopmr/resource_ptr.hpp>

#include <atomic>
#include <cstddef>
#include <memory_resource>
#include <string_view>
#include <thread>
#include <utility>

namespace autopmr {

/// True: try again. False: give up, and the upstream's exception passes. `attempt` counts the calls for one request from 1.
using failure_callback = bool (*)(void* context, std::size_t bytes, std::size_t alignment, unsigned attempt);

class failure_callback_resource final : public layer {
public:
    /// `callback` is not null. A request that no memory can serve, of an impossible size or alignment, never gets there.
    failure_callback_resource(failure_callback callback, void* context, resource_ptr upstream = {}) noexcept
        : callback_(callback), context_(context), upstream_(std::move(upstream)) {}
    failure_callback_resource(const failure_callback_resource&) = delete;
    failure_callback_resource& operator=(const failure_callback_resource&) = delete;

    /// How often the callback was called.
    [[nodiscard]] unsigned long long calls() const noexcept { return calls_.load(std::memory_order_relaxed); }

    [[nodiscard]] std::string_view           name() const noexcept override { return "failure_callback"; }
    [[nodiscard]] thread_use threads() const noexcept override { return threads_below(); }
    [[nodiscard]] std::pmr::memory_resource* upstream_resource() const noexcept override { return upstream_.get(); }
    [[nodiscard]] layer*                     upstream_layer() const noexcept override { return upstream_.as_layer(); }
    [[nodiscard]] layer_facts                facts() const noexcept override;

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void  do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override;
    bool  do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
    bool  again(std::size_t bytes, std::size_t alignment, unsigned& attempts, unsigned long long helped_before);

    failure_callback                callback_;
    void*                           context_;
    resource_ptr                    upstream_;
    std::atomic<unsigned long long> calls_{0}, helped_{0};
    std::atomic<unsigned long>      busy_{0};  // the process in which a callback runs; 0: none
    std::atomic<std::thread::id>    caller_{};
};

}  // namespace autopmr

#pragma once
/// \file
/// A mark on what is live: crossing it refuses nothing, but calls a function, once.
///
/// Use it to shed load or drop caches before a hard limit bites. It fires when an allocation brings what is live above
/// `bytes`, and again only after what is live was down at `low_bytes` or less in between. Exact: each crossing is told once, at any
/// number of threads; that costs one locked instruction a call, which threads that allocate at the same time contend for.
/// Also over a subsystem: `soft_limit_resource(mark, low, f, context, &subsystem("net"))`. Any thread; the callback runs on
/// the thread that crossed, while its block is already there, and may allocate and free here. Throws nothing.

#include <autopmr/observed.hpp>
#include <autopmr/observer.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace autopmr {

/// `live`: the bytes that crossed the mark.
using soft_limit_callback = void (*)(void* context, std::size_t live) noexcept;

class soft_limit {
public:
    static constexpr std::string_view name = "soft_limit";
    static constexpr thread_use       threads = thread_use::any_thread;

    /// A low mark above the other is taken for as high. `callback` is not null.
    soft_limit(std::size_t bytes, std::size_t low_bytes, soft_limit_callback callback, void* context) noexcept
        : bytes_(bytes), low_(std::min(bytes, low_bytes)), callback_(callback), context_(context) {}

    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::size_t low_bytes() const noexcept { return low_; }
    [[nodiscard]] std::size_t live() const noexcept { return live_in(state_.load(std::memory_order_relaxed)); }
    layer_facts               facts() const noexcept;

    void reserve(const block_request&) noexcept {}
    void commit(void*, const block_request& request) noexcept {
        std::uint64_t before = state_.load(std::memory_order_relaxed), after;
        do after = above(before + 2 * std::uint64_t{request.bytes});
        while (!state_.compare_exchange_weak(before, after, std::memory_order_relaxed));
        if ((after & ~before & fired) != 0) callback_(context_, live_in(after));
    }
    void cancel(const block_request&) noexcept {}
    void retire(void*, const block_request& request) noexcept {
        std::uint64_t before = state_.load(std::memory_order_relaxed), after;
        do after = below(before - 2 * std::uint64_t{request.bytes});
        while (!state_.compare_exchange_weak(before, after, std::memory_order_relaxed));
    }
    void settle(const block_request&) noexcept {}

private:
    static constexpr std::uint64_t fired = 1;

    static std::size_t live_in(std::uint64_t state) noexcept { return static_cast<std::size_t>(state >> 1); }
    std::uint64_t      above(std::uint64_t state) const noexcept { return live_in(state) > bytes_ ? state | fired : state; }
    std::uint64_t      below(std::uint64_t state) const noexcept { return live_in(state) > low_ ? state : state & ~fired; }

    std::atomic<std::uint64_t> state_{0};  // twice what is live, and `fired` until it may fire again
    std::size_t                bytes_, low_;
    soft_limit_callback        callback_;
    void*                      context_;
};

/// `soft_limit_resource(bytes, low_bytes, callback, context, upstream = {})`
using soft_limit_resource = observed<soft_limit, resource_ptr, with_exceptions>;
extern template class observed<soft_limit, resource_ptr, with_exceptions>;  // in resources/decorators/soft_limit.cpp

}  // namespace autopmr

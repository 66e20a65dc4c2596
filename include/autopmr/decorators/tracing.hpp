#pragma once
/// \file
/// Writes down every allocation and deallocation, for later.
///
/// Use it to see after a run what was allocated when, by which thread and for how long: lifetimes, sizes, peaks, leaks. Several
/// resources may trace to one file, told apart by the name each is given. Not for production at all times (a busy program fills
/// hundreds of megabytes a second), nor for finding misuse while it happens: see tracking. Any thread, no locked instruction but
/// when a thread's buffer is full; refuses and throws nothing of its own. Costs least fused with its upstream:
/// `observed<tracing, mimalloc_resource>`.
///
/// An allocation is recorded after the upstream gave the block, a deallocation before the upstream gets it back: no other thread
/// can have the block in between, so in the order of time no block is freed before it was allocated.

#include <autopmr/observed.hpp>
#include <autopmr/trace_file.hpp>

#include <string_view>

namespace autopmr {

class tracing {
public:
    static constexpr std::string_view name = "tracing";
    static constexpr thread_use       threads = thread_use::any_thread;

    /// The events stand in `file` under `subsystem`. Use after the file is gone is allowed, and records nothing.
    explicit tracing(trace_file& file, std::string_view subsystem = "") noexcept : subject_(file.subject(subsystem)) {}

    void reserve(const block_request&) noexcept {}
    void commit(void* block, const block_request& r) noexcept {
        subject_.put(trace_op::allocate, block, r.bytes, r.alignment);
    }
    void cancel(const block_request& r) noexcept { subject_.put_slowly(trace_op::failed, nullptr, r.bytes, r.alignment); }
    void retire(void* block, const block_request& r) noexcept {
        subject_.put(trace_op::deallocate, block, r.bytes, r.alignment);
    }
    void settle(const block_request&) noexcept {}

private:
    trace_subject subject_;
};

/// `tracing_resource(file, subsystem = "", upstream = {})`.
using tracing_resource = observed<tracing, resource_ptr, with_exceptions>;
extern template class observed<tracing, resource_ptr, with_exceptions>;  // in resources/decorators/tracing.cpp

}  // namespace autopmr

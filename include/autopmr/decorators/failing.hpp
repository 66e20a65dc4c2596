#pragma once
/// \file
/// Refuses on purpose: the n-th request, every n-th, or some at random.
///
/// Use it in tests, to see what a program does when memory is out, and to soak a service in rare failures. Not for
/// production. It starts willing; arm it, and arm it again, at any time. The choice depends only on the seed and on how many
/// requests came since it was armed: in one thread the same requests fail in every run; with more the same number of them
/// does. Any thread. Throws out_of_memory, before the upstream is asked.

#include <autopmr/fork_mutex.hpp>
#include <autopmr/observed.hpp>
#include <autopmr/observer.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace autopmr {

class failing {
public:
    static constexpr std::string_view name = "failing";
    static constexpr thread_use       threads = thread_use::any_thread;

    /// Each of these starts counting anew. The n-th request from now on fails, counted from 1; 0: none does.
    void fail_at(std::uint64_t n) noexcept { arm(plan::once, n, 0); }
    /// The n-th, the 2n-th, ...; 0: none.
    void fail_every(std::uint64_t n) noexcept { arm(plan::every, n, 0); }
    /// Each with a probability of 1 in n; 0: none.
    void fail_one_in(std::uint64_t n, std::uint64_t seed) noexcept { arm(plan::random, n, seed); }
    void stop() noexcept { arm(plan::once, 0, 0); }

    /// Since it was armed, refused ones included.
    [[nodiscard]] std::uint64_t requests() const noexcept;
    /// Refused since it was armed.
    [[nodiscard]] std::uint64_t failures() const noexcept;
    layer_facts                 facts() const noexcept;

    void reserve(const block_request& request);
    void commit(void*, const block_request&) noexcept {}
    void cancel(const block_request&) noexcept {}
    void retire(void*, const block_request&) noexcept {}
    void settle(const block_request&) noexcept {}

private:
    enum class plan : unsigned char { once, every, random };
    void arm(plan how, std::uint64_t n, std::uint64_t seed) noexcept;
    bool is_next_to_fail() noexcept;

    mutable fork_mutex lock_;
    plan               how_ = plan::once;
    std::uint64_t      n_ = 0, seed_ = 0, requests_ = 0, failures_ = 0;
};

/// `failing_resource(upstream = {})`; arm it with `observer().fail_at(3)`.
using failing_resource = observed<failing, resource_ptr, with_exceptions>;
extern template class observed<failing, resource_ptr, with_exceptions>;  // in resources/decorators/failing.cpp

}  // namespace autopmr

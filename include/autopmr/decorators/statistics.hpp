#pragma once
/// \file
/// Counting what a resource hands out.
///
/// Use it to know what a part of a program uses: bytes and blocks now, at most, and ever. It counts what is asked for,
/// not what the upstream spends on it. Not for telling who allocates: see tracking. Any thread, no locked instruction;
/// refuses and throws nothing of its own. Costs least fused with its upstream: `observed<statistics,
/// mimalloc_resource>`.

#include <autopmr/ledger.hpp>
#include <autopmr/observed.hpp>

#include <string_view>

namespace autopmr {

class statistics {
public:
    static constexpr std::string_view name = "statistics";
    static constexpr thread_use       threads = thread_use::any_thread;

    [[nodiscard]] usage now() const noexcept { return books_.now(); }
    layer_facts         facts() const noexcept;
    /// The next peak starts from what is live now.
    void forget_peak() noexcept { books_.forget_peak(); }

    void reserve(const block_request&) noexcept {}
    void commit(void*, const block_request& request) noexcept { books_.add(request.bytes); }
    void cancel(const block_request&) noexcept { books_.fail(); }
    void retire(void*, const block_request& request) noexcept { books_.retire(request.bytes); }
    void settle(const block_request&) noexcept {}

private:
    ledger books_;
};

/// `statistics_resource(upstream = {})`; the counters are `observer().now()`.
using statistics_resource = observed<statistics, resource_ptr, with_exceptions>;
extern template class observed<statistics, resource_ptr, with_exceptions>;  // in resources/decorators/statistics.cpp

}  // namespace autopmr

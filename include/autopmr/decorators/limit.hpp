#pragma once
/// \file
/// A budget: at most so many bytes at once.
///
/// Use it to keep one part of a program from eating what others need. Exact at any number of threads: never more than
/// the limit, and no refusal of what fits (ledger.hpp says how). For budgets within budgets use subsystems. Any thread;
/// no locked instruction while far from the limit. A refusal throws limit_exceeded, before the upstream is asked.

#include <autopmr/errors.hpp>
#include <autopmr/ledger.hpp>
#include <autopmr/observed.hpp>

#include <cstddef>
#include <string_view>

namespace autopmr {

class limit {
public:
    static constexpr std::string_view name = "limit";
    static constexpr thread_use       threads = thread_use::any_thread;

    explicit limit(std::size_t bytes) noexcept : books_(bytes) {}

    [[nodiscard]] std::size_t bytes() const noexcept { return books_.limit(); }
    /// Takes effect at once. Below what is live, all but 0 bytes is refused until enough has gone.
    void                set_bytes(std::size_t bytes) noexcept { books_.set_limit(bytes); }
    [[nodiscard]] usage now() const noexcept { return books_.now(); }
    layer_facts         facts() const noexcept;

    void reserve(const block_request& request) {
        if (const ledger* refuser = books_.charge(request.bytes))
            throw_limit_exceeded(request.bytes, request.alignment, "limit", refuser->limit());
    }
    void commit(void*, const block_request& request) noexcept { books_.commit(request.bytes); }
    void cancel(const block_request& request) noexcept { books_.cancel(request.bytes); }
    void retire(void*, const block_request& request) noexcept { books_.retire(request.bytes); }
    void settle(const block_request&) noexcept {}

private:
    ledger books_;
};

/// `limit_resource(bytes, upstream = {})`; the budget is `observer()`.
using limit_resource = observed<limit, resource_ptr, with_exceptions>;
extern template class observed<limit, resource_ptr, with_exceptions>;  // in resources/decorators/limit.cpp

}  // namespace autopmr

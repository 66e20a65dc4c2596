#pragma once
/// \file
/// What every bridge is held to whose library takes its hooks for each object: the traffic is the library's own, to the byte, and
/// whatever is refused, the books stay right.

#include <autopmr/adapters/c_heap.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "tests/adapters/support/each_failure.hpp"
#include "tests/adapters/support/plain_heap.hpp"

namespace autopmr_test {

/// `over_bridge(c_heap&)` and `over_malloc(plain_heap&)` run the same round of a library; the second fills the library's hooks by hand. `deadly`:
/// refusals that end the process over malloc too, and are left out.
template <class Bridge, class Malloc>
failures keeps_books(Bridge&& over_bridge, Malloc&& over_malloc, const std::vector<std::size_t>& deadly = {}) {
    plain_heap plain;
    REQUIRE(over_malloc(plain) == outcome::served);
    REQUIRE(plain.blocks.empty());

    traffic    at;
    const auto got = each_failure(at, [&](traffic& upstream) {
        autopmr::c_heap heap(&upstream);
        const auto      before = upstream.now();
        const outcome   what = over_bridge(heap);
        if (what == outcome::served && upstream.now().refusals == 0) {
            // All that the library asked for, and nothing else: a header of 16 bytes each.
            CHECK(upstream.now().allocations - before.allocations == plain.allocations);
            CHECK(upstream.now().bytes - before.bytes == plain.bytes + 16 * plain.allocations);
        }
        return what;
    }, [&](std::size_t n) { return std::find(deadly.begin(), deadly.end(), n) != deadly.end(); });
    CHECK(got.traffic == plain.allocations);
    CHECK(got.rounds + deadly.size() == got.traffic);
    CHECK(at.settled());
    return got;
}

}  // namespace autopmr_test

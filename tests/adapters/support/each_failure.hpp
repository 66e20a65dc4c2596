#pragma once
/// \file
/// Runs a load of a foreign library once for each allocation it makes, refusing that one.

#include "tests/adapters/support/traffic.hpp"

#include <algorithm>
#include <cstddef>
#include <new>

#include "tests/support/catch.hpp"

namespace autopmr_test {

/// What a round did with its refusal: gave the library's own out-of-memory error, or went on without that block (a cache, say).
enum class outcome { served, out_of_memory };

struct failures {
    std::size_t traffic = 0;   ///< allocations of the undisturbed round
    std::size_t rounds = 0;    ///< with a refusal
    std::size_t errors = 0;    ///< of which the library said out of memory
};

/// `load(resource)` -> outcome sets up, works and cleans up, and leaves nothing behind but what `remains` blocks say. It must do
/// the same each time. First undisturbed; then with the n-th refused, for n up to `most`; books must be exact after each. `skip`
/// holds the n at which the library itself fails with malloc too: name them in the bridge's page.
template <class Load, class Skip>
failures each_failure(traffic& at, Load&& load, Skip&& skip, bool and_all_after = false, std::size_t most = 2000, std::size_t remains = 0) {
    failures          all;
    const std::size_t before = at.now().allocations;
    REQUIRE(load(at) == outcome::served);
    all.traffic = at.now().allocations - before;
    REQUIRE(all.traffic > 0);
    REQUIRE(at.now().live == remains);
    for (std::size_t n = 1; n <= std::min(all.traffic, most); ++n) {
        if (skip(n)) continue;
        INFO("allocation " << n << " refused");
        const std::size_t refused = at.now().refusals;
        at.refuse(n, and_all_after);
        const outcome got = load(at);
        at.refuse(0);
        REQUIRE(at.now().refusals > refused);  // else the load is not the same each time
        REQUIRE(at.now().live == remains);
        REQUIRE(at.now().complaints == 0);
        ++all.rounds;
        if (got == outcome::out_of_memory) ++all.errors;
    }
    REQUIRE(load(at) == outcome::served);  // and nothing is left broken
    REQUIRE(at.now().live == remains);
    return all;
}
template <class Load>
failures each_failure(traffic& at, Load&& load) {
    return each_failure(at, load, [](std::size_t) { return false; });
}

/// The same of a load that throws std::bad_alloc whichever of its allocations is refused, and gives back all it had.
template <class Load>
failures each_failure_throws(traffic& at, Load&& load) {
    const failures all = each_failure(at, [&](traffic& upstream) {
        try {
            load(upstream);
        } catch (const std::bad_alloc&) {
            return outcome::out_of_memory;
        }
        return outcome::served;
    });
    CHECK(all.errors == all.rounds);
    CHECK(at.settled());
    return all;
}

}  // namespace autopmr_test

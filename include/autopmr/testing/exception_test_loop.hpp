#pragma once
/// \file
/// Runs code again and again, refusing its first allocation, then its second, and so on until none is left to refuse.
///
/// For containers, and whatever else allocates from a test_resource: what it holds must survive any refusal, and nothing may
/// leak. Check in the code itself what must hold, a container unchanged after a refused insertion for example; let the
/// exception out, or catch it. The code must do the same in each round. Not for code that allocates on threads of its own, and
/// not for code that tries for ever. One thread.
///
/// Throws std::logic_error when a round left blocks in use or did something wrong with the resource, and what the code throws
/// itself: only the test_resource_exception of this resource is expected.

#include <autopmr/testing/test_resource.hpp>

#include <functional>
#include <type_traits>

namespace autopmr::testing {

/// The number of allocations that were refused, each in a round of its own.
long long run_exception_test_loop(test_resource& resource, const std::function<void(test_resource&)>& code);

/// The same, for code that takes the resource, as P1160 has it, or nothing.
template <class Code>
long long exception_test_loop(test_resource& resource, Code&& code) {
    return run_exception_test_loop(resource, [&code]([[maybe_unused]] test_resource& given) {
        if constexpr (std::is_invocable_v<Code&, test_resource&>) static_cast<void>(code(given));
        else static_cast<void>(code());
    });
}

}  // namespace autopmr::testing

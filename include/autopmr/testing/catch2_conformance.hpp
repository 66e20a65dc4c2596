#pragma once
/// \file
/// The conformance suite as sections of a Catch2 test case, of version 2 or 3.
///
/// Call it in a TEST_CASE; with another framework call check_conformance() and tell its results. A promise that is broken is
/// a failed check that says what broke, and the others go on; one that is not made is a success that says why (`-s` shows it);
/// `-c "promise"` runs one alone. Without Catch2 the header is empty. Threads and what it throws: as conformance.hpp.

#include <autopmr/testing/conformance.hpp>

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#elif __has_include(<catch2/catch.hpp>)
#include <catch2/catch.hpp>
#endif

#if __has_include(<catch2/catch_test_macros.hpp>) || __has_include(<catch2/catch.hpp>)
namespace autopmr::testing {

inline void check_with_catch(const conformance_subject& subject) {
    for (const std::string_view promise : conformance_promises()) {
        SECTION(std::string(promise)) {
            const promise_result result = check_promise(subject, promise);
            const std::string    text = subject.name + ": " + result.text;
            if (result.what == outcome::broken) FAIL_CHECK(text);
            else SUCCEED(text);
        }
    }
}

}  // namespace autopmr::testing
#endif

#pragma once
/// \file
/// Whether a memory_resource keeps the promises that users of std::pmr rely on: one suite for every resource.
///
/// Run it over a resource of yours and print what broke; it belongs to no test framework (catch2_conformance.hpp is a front
/// for Catch2). Each promise is checked on its own, with fresh resources. It starts threads and, where the system has fork,
/// child processes; it writes nothing. Under a sanitizer the impossible sizes need its allocator_may_return_null=1. Call it
/// from one thread. Throws only what a subject's own functions throw. Link autopmr::testing.

#include <cstddef>
#include <functional>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

namespace autopmr::testing {

/// A resource, how to make one, and what it does and does not promise.
struct conformance_subject {
    std::string name;
    /// Makes a resource over `upstream`. One that has no upstream ignores it; one that lives for ever returns immortal(it).
    std::function<std::shared_ptr<std::pmr::memory_resource>(std::pmr::memory_resource* upstream)> make;
    bool        has_upstream = false;  ///< it allocates from `upstream` only: the suite puts a quiet test_resource there
    bool        any_thread = true;     ///< false: one thread at a time, and no other than the one that made it
    bool        reports_bad_alignment = true;  ///< false: std's own, where a bad alignment is undefined behaviour
    std::string no_busy_fork;  ///< why a child forked while other threads allocate may not use it; empty: it may
    /// What must be the same after a refused request as before it: live bytes, say. Null when it keeps no books.
    std::function<std::string(std::pmr::memory_resource&)> books;
    /// The bytes that it says are live, exactly: the sum of what was asked for. Null when it does not say.
    std::function<std::size_t(std::pmr::memory_resource&)> live_bytes;
    bool releases_all = false;  ///< pools, arenas: all goes back to the upstream when it ends, though blocks were live
    bool hides_from_children = false;  ///< a forked child can't read what was written before: it may free that, and take blocks of its own
    bool many_threads = false;  ///< threads without number may come and go, and it holds no more for that
};

enum class outcome { kept, broken, not_promised };

struct promise_result {
    std::string promise;
    outcome     what = outcome::kept;
    std::string text;  ///< what broke, or why it is not promised
};

/// Every promise, in a fixed order.
[[nodiscard]] std::vector<promise_result> check_conformance(const conformance_subject& subject);

/// The same, one by one: all promises in words, and what became of that one.
[[nodiscard]] std::vector<std::string_view> conformance_promises();
[[nodiscard]] promise_result                check_promise(const conformance_subject& subject, std::string_view promise);

/// A resource that is never destroyed, in the shape `make` returns.
[[nodiscard]] inline std::shared_ptr<std::pmr::memory_resource> immortal(std::pmr::memory_resource& resource) {
    return {std::shared_ptr<void>(), &resource};
}

}  // namespace autopmr::testing

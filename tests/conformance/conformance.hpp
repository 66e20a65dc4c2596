#pragma once
/// \file
/// Whether a memory_resource keeps the promises that users of std::pmr rely on: one suite for every resource.
///
/// Run it over a resource of yours and print what broke; it belongs to no test framework. Each promise is checked on its own,
/// with fresh resources. It starts threads and, where the system has fork, child processes; it writes nothing. Call it from
/// one thread. Throws only what the subject's own functions throw.

#include <functional>
#include <memory>
#include <memory_resource>
#include <string>
#include <vector>

namespace autopmr::testing {

/// A resource, how to make one, and what it does not promise.
struct conformance_subject {
    std::string name;
    /// Makes a resource over `upstream`. One that has no upstream ignores it; one that lives for ever returns immortal(it).
    std::function<std::shared_ptr<std::pmr::memory_resource>(std::pmr::memory_resource* upstream)> make;
    bool has_upstream = false;           ///< it allocates from `upstream` only: the suite puts a suspicious one there
    bool any_thread = true;              ///< false: one thread at a time, and no other than the one that made it
    bool reports_bad_alignment = true;   ///< false: std's own, where a bad alignment is undefined behaviour
    std::string no_busy_fork;            ///< why a child forked while other threads allocate may not use it; empty: it may
    /// What must be the same after a refused request as before it: live bytes, say. Null when it keeps no books.
    std::function<std::string(std::pmr::memory_resource&)> books;
};

enum class outcome { kept, broken, not_promised };

struct promise_result {
    std::string promise;
    outcome     what = outcome::kept;
    std::string text;  ///< what broke, or why it is not promised
};

/// Every promise, in a fixed order.
[[nodiscard]] std::vector<promise_result> check_conformance(const conformance_subject& subject);

/// A resource that is never destroyed, in the shape `make` returns.
[[nodiscard]] inline std::shared_ptr<std::pmr::memory_resource> immortal(std::pmr::memory_resource& resource) {
    return {std::shared_ptr<void>(), &resource};
}

}  // namespace autopmr::testing

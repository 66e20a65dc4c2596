#pragma once
/// \file
/// What the tests of all static_heaps that a library was given have in common.

#include "tests/adapters/support/traffic.hpp"
#include "tests/support/child.hpp"
#include "tests/support/faults.hpp"
#include "tests/support/sanitized.hpp"

#include <autopmr/adapters/static_heap.hpp>
#include <autopmr/autopmr.hpp>

#include <string>

#include "tests/support/catch.hpp"

namespace autopmr_test {

/// The one resource that this process has given the library.
template <class Heap>
traffic& installed() {
    static traffic& at = autopmr::make_immortal<traffic>();
    static const autopmr::install_answer answer = Heap::install(at, "the test");
    REQUIRE(answer.why() == "");
    return at;
}

/// What the library answers in a child where `before` has run; it is untouched there if it is here.
template <class Heap, class Before>
autopmr::install_answer::kind install_in_child(Before&& before) {
    const child_end end = in_child([&] {
        before();
        return static_cast<int>(Heap::install(autopmr::make_immortal<traffic>(), "the child").what);
    });
    INFO(end.error);
    REQUIRE(end.exit_status >= 0);
    return static_cast<autopmr::install_answer::kind>(end.exit_status);
}

/// Wants a library that this process has neither used nor given anything.
template <class Heap>
void takes_one_once() {
    using autopmr::install_answer;
    REQUIRE(Heap::heap() == nullptr);
    static auto& pool = autopmr::make_immortal<autopmr::pool_resource>(std::pmr::new_delete_resource());
    CHECK(Heap::install(pool, "pool").what == install_answer::one_thread_only);
    static auto& foreign = autopmr::make_immortal<std::pmr::synchronized_pool_resource>();
    CHECK(Heap::install(foreign, "foreign").what == install_answer::threads_unknown);
    CHECK(Heap::heap() == nullptr);
    CHECK(install_in_child<Heap>([&] { Heap::install(foreign, "foreign", autopmr::assume_any_thread); }) == install_answer::already_installed);

    installed<Heap>();
    static traffic&      refused = autopmr::make_immortal<traffic>();
    const install_answer second = Heap::install(refused, "a second");
    CHECK(second.what == install_answer::already_installed);
    CHECK(std::string(second.first) == "the test");
}

/// The same of a library that can't say too_late: what `make()` gave before is a fault when `release` gets it after.
template <class Heap, class Make, class Release>
void takes_one_and_none_from_before(Make&& make, Release&& release) {
    if (under_asan || under_tsan) return takes_one_once<Heap>();  // else they report the look before the foreign block first
    auto* const before = make();
    takes_one_once<Heap>();
    const counted_faults faults;
    release(before);
    CHECK(faults.count > 0);
    CHECK(faults.last.kind == autopmr::fault_kind::foreign_pointer);
    CHECK(installed<Heap>().settled());
}

}  // namespace autopmr_test

#pragma once
/// \file
/// The predicates that rows of the table are made of: small, named, pure functions of a request.

#include <autopmr/backend.hpp>
#include <autopmr/request.hpp>

namespace autopmr {

/// True where the goal has a say: the systems whose own malloc is not simply the best one.
constexpr bool goal_decides(platform where) noexcept { return platform_choice(where).empty(); }

inline verdict malloc_is_replaced(const request& asked) noexcept {
    if (asked.facts.malloc_replaced.value_or(false)) return {true, "malloc was replaced in this process", fact_malloc};
    return {false, asked.facts.malloc_replaced.known ? "malloc is the platform's own" : "not known to be replaced", fact_malloc};
}

inline verdict a_sanitizer_watches(const request& asked) noexcept {
    if (asked.facts.watching.value_or(sanitizer::none) != sanitizer::none)
        return {true, "a sanitizer watches this process", fact_sanitizer};
    return {false, "no sanitizer watches", fact_sanitizer};
}

inline verdict valgrind_watches(const request& asked) noexcept {
    if (asked.facts.valgrind.value_or(false)) return {true, "this process runs under Valgrind", fact_valgrind};
    return {false, "not under Valgrind", fact_valgrind};
}

template <operating_system... Any>
verdict runs_on(const request& asked) noexcept {
    if (((asked.where.os == Any) || ...)) return {true, "the platform decides", fact_platform};
    return {false, "another platform", fact_platform};
}

template <goal Wanted>
verdict wants(const request& asked) noexcept {
    if (!goal_decides(asked.where)) return {false, "the platform leaves no choice", fact_platform};
    if (asked.wanted != Wanted) return {false, "another goal", fact_platform | fact_goal};
    return {true, "the goal asks for it", fact_platform | fact_goal};
}

inline verdict wants_footprint_on_glibc(const request& asked) noexcept {
    verdict wanted = wants<goal::footprint>(asked);
    if (!wanted.suits) return wanted;
    if (asked.where.libc != c_library::glibc) return {false, "another C library than glibc", wanted.facts | fact_c_library};
    return {true, "the goal asks for it, and this is glibc", wanted.facts | fact_c_library};
}

inline verdict only_by_name(const request&) noexcept { return {false, "serves only those who ask for it by name", 0}; }

}  // namespace autopmr

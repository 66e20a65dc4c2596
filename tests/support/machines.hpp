#pragma once
/// \file
/// Machines to ask choose() about: requests in which each backend serves or not as the test says.

#include <autopmr/request.hpp>
#include <autopmr/selector.hpp>

#include <string_view>

namespace autopmr_test {

/// Names of backends that are not there, each between blanks: " mimalloc scudo ".
inline std::string_view missing;

inline std::string_view fake_why_not(const autopmr::backend& one) noexcept {
    const std::size_t at = missing.find(one.name);
    const bool absent = at != std::string_view::npos && missing[at - 1] == ' ' && missing[at + one.name.size()] == ' ';
    if (absent) return one.name == "fixed_heap" ? "it has no region of memory" : "its library was not found";
    return {};
}
/// With an operating system nobody gave the fixed heap a region.
inline std::string_view fake_why_not_on_a_system(const autopmr::backend& one) noexcept {
    return one.name == "fixed_heap" ? "it has no region of memory" : fake_why_not(one);
}

template <class T>
autopmr::fact<T> found(T value, std::string_view origin) {
    autopmr::fact<T> one;
    one.value = value;
    one.known = true;
    one.origin.append(origin);
    return one;
}

/// A quiet machine: nothing was replaced, nothing watches.
inline autopmr::request machine(autopmr::operating_system os, autopmr::c_library libc = autopmr::c_library::unknown,
    autopmr::goal wanted = autopmr::goal::throughput) {
    autopmr::request asked;
    asked.where.os = os;
    asked.where.libc = libc;
    asked.wanted = wanted;
    asked.facts.malloc_replaced = found(false, "dlsym");
    asked.facts.malloc_owner = found(autopmr::fixed_text<32>("libc"), "dlsym");
    asked.facts.watching = found(autopmr::sanitizer::none, "symbols");
    asked.facts.valgrind = found(false, "client request");
    asked.why_not = os == autopmr::operating_system::none ? fake_why_not : fake_why_not_on_a_system;
    return asked;
}

inline autopmr::request linux_machine(autopmr::goal wanted = autopmr::goal::throughput) {
    return machine(autopmr::operating_system::linux_kernel, autopmr::c_library::glibc, wanted);
}

inline void replace_malloc(autopmr::request& asked) {
    asked.facts.malloc_replaced = found(true, "dlsym");
    asked.facts.malloc_owner = found(autopmr::fixed_text<32>("jemalloc"), "dlsym");
}

inline void watch(autopmr::request& asked) { asked.facts.watching = found(autopmr::sanitizer::address, "symbols"); }

inline void run_on_valgrind(autopmr::request& asked) { asked.facts.valgrind = found(true, "client request"); }

inline void ask(autopmr::request& asked, autopmr::said_by who, std::string_view name) {
    asked.backend.clear();
    asked.backend.append(name);
    asked.backend_by = who;
    if (who == autopmr::said_by::policy_file) asked.backend_origin = "autopmr.toml:2:11";
}

}  // namespace autopmr_test

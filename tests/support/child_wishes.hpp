#pragma once
/// \file
/// For tests of what a process is asked for: wishes in short, and children that check with an environment of their own.

#include "support/catch.hpp"
#include "support/child.hpp"

#include <autopmr/policy.hpp>

#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

namespace autopmr_test {

inline autopmr::policy named(std::string_view backend) {
    autopmr::policy wishes;
    wishes.backend = backend;
    return wishes;
}

inline autopmr::policy wanting(autopmr::goal g) {
    autopmr::policy wishes;
    wishes.wanted = g;
    return wishes;
}

// A child's checks: the first that fails is told on standard error and ends it.
#define need(...)                                                                       \
    do {                                                                                \
        if (!(__VA_ARGS__)) {                                                           \
            std::cerr << "line " << __LINE__ << ": " << #__VA_ARGS__ << " is false\n"; \
            return 1;                                                                   \
        }                                                                               \
    } while (false)

template <class Body>
std::string must_pass(Body body) {
    const auto end = in_child(body);
    INFO(end.error);
    CHECK(end.signal == 0);
    CHECK(end.exit_status == 0);
    return end.error;
}

// A child without anything of ours in its environment but `name`.
inline void only(const char* name, const char* value) {
    for (const char* one : {"AUTOPMR_BACKEND", "AUTOPMR_GOAL", "AUTOPMR_POLICY", "AUTOPMR_VERBOSE"}) ::unsetenv(one);
    if (name != nullptr) ::setenv(name, value, 1);
}

}  // namespace autopmr_test

#pragma once
/// \file
/// Every way this library puts something on top of a resource, for the conformance suite.

#include "conformance.hpp"

#include <autopmr/backend.hpp>

#include <vector>

namespace autopmr::testing {

/// A stack on top of something: what `conformance_subject` wants, but for what is below.
struct stack {
    std::string name;  ///< empty: nothing on top
    std::function<std::shared_ptr<std::pmr::memory_resource>(std::pmr::memory_resource* below)> make;
    std::function<std::string(std::pmr::memory_resource&)> books = {};
    bool any_thread = true;  ///< false: no other thread than the one that made it
};

[[nodiscard]] std::vector<stack> stacks();

/// What is not made from an upstream but from a backend: its resource, its plain functions, a subsystem on it, its own heap.
[[nodiscard]] std::vector<conformance_subject> subjects_of(const backend& one);

}  // namespace autopmr::testing

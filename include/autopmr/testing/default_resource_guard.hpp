#pragma once
/// \file
/// Sets the default memory_resource for the life of a scope.
///
/// For tests that ask who falls through to the default: put a test_resource there and look at its counts. Guards are undone
/// in reverse order, as scopes are. The default belongs to the whole process: not for tests that run side by side in one
/// process. Throws nothing.

#include <memory_resource>

namespace autopmr::testing {

class [[nodiscard]] default_resource_guard {
public:
    explicit default_resource_guard(std::pmr::memory_resource* instead) noexcept
        : before_(std::pmr::set_default_resource(instead)) {}
    default_resource_guard(const default_resource_guard&) = delete;
    default_resource_guard& operator=(const default_resource_guard&) = delete;
    ~default_resource_guard() { std::pmr::set_default_resource(before_); }

private:
    std::pmr::memory_resource* before_;
};

}  // namespace autopmr::testing

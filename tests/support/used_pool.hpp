#pragma once
/// \file
/// A guard pool with one owner, for the tests of it.

#include "catch.hpp"

#include <autopmr/guard_pool.hpp>

#include "src/support/fault_sources.hpp"

#include <cstddef>

namespace autopmr_test {

inline autopmr::guard_pool_options guarded_with(bool markers) {
    autopmr::guard_pool_options options;
    options.guard_markers = markers;
    options.frames = 1;
    return options;
}

struct used_pool {
    autopmr::guard_pool  pool;
    autopmr::guard_owner owner;
    explicit used_pool(const autopmr::guard_pool_options& options) : pool(options) { REQUIRE(pool.enlist(owner)); }
    ~used_pool() { pool.dismiss(owner); }
    char* get(std::size_t bytes, std::size_t alignment = 1) {
        return static_cast<char*>(pool.allocate(bytes, alignment, owner, __builtin_return_address(0)));
    }
    void put(void* block, std::size_t bytes, std::size_t alignment = 1) {
        pool.deallocate(block, bytes, alignment, owner, __builtin_return_address(0));
    }
};

inline autopmr::fault_report explained(const void* address) {
    autopmr::fault_report out;
    REQUIRE(autopmr::fault_sources::explain(address, out) != nullptr);
    return out;
}

}  // namespace autopmr_test

#pragma once
/// \file
/// What a test_resource counts, under the names of the standard's proposal P1160.
///
/// For tests: read it through the test_resource that keeps it, or watch it with a test_resource_monitor. Any thread; each
/// answer is right as of one moment, and counts() holds all of the same one. Throws nothing. Sizes are bytes.

#include <cstddef>
#include <mutex>

namespace autopmr::testing {

/// One call: a block as it was asked for or given back.
struct test_call {
    void*       address = nullptr;
    std::size_t num_bytes = 0, alignment = 0;
};

struct test_counts {
    long long allocations = 0, deallocations = 0;  ///< calls, those that were refused or wrong included
    long long refusals = 0;                        ///< allocations that the allocation limit refused
    long long blocks_in_use = 0, max_blocks = 0, total_blocks = 0;
    long long bytes_in_use = 0, max_bytes = 0, total_bytes = 0;
    long long mismatches = 0;             ///< deallocations with a wrong pointer, size or alignment
    long long bad_deallocate_params = 0;  ///< those of them whose pointer was right
    long long bounds_errors = 0;          ///< blocks that were written before or behind
    long long thread_errors = 0;          ///< calls from a thread that may not
    test_call last_allocated, last_deallocated;

    [[nodiscard]] long long errors() const noexcept { return mismatches + bounds_errors + thread_errors; }
};

class test_books {
public:
    [[nodiscard]] test_counts counts() const {
        const std::lock_guard hold(lock_);
        return counts_;
    }
    [[nodiscard]] long long   allocations() const { return counts().allocations; }
    [[nodiscard]] long long   deallocations() const { return counts().deallocations; }
    [[nodiscard]] long long   refusals() const { return counts().refusals; }
    [[nodiscard]] long long   blocks_in_use() const { return counts().blocks_in_use; }
    [[nodiscard]] long long   max_blocks() const { return counts().max_blocks; }
    [[nodiscard]] long long   total_blocks() const { return counts().total_blocks; }
    [[nodiscard]] long long   bytes_in_use() const { return counts().bytes_in_use; }
    [[nodiscard]] long long   max_bytes() const { return counts().max_bytes; }
    [[nodiscard]] long long   total_bytes() const { return counts().total_bytes; }
    [[nodiscard]] long long   mismatches() const { return counts().mismatches; }
    [[nodiscard]] long long   bad_deallocate_params() const { return counts().bad_deallocate_params; }
    [[nodiscard]] long long   bounds_errors() const { return counts().bounds_errors; }
    [[nodiscard]] void*       last_allocated_address() const { return counts().last_allocated.address; }
    [[nodiscard]] std::size_t last_allocated_num_bytes() const { return counts().last_allocated.num_bytes; }
    [[nodiscard]] std::size_t last_allocated_alignment() const { return counts().last_allocated.alignment; }
    [[nodiscard]] void*       last_deallocated_address() const { return counts().last_deallocated.address; }
    [[nodiscard]] std::size_t last_deallocated_num_bytes() const { return counts().last_deallocated.num_bytes; }
    [[nodiscard]] std::size_t last_deallocated_alignment() const { return counts().last_deallocated.alignment; }
    [[nodiscard]] bool        has_errors() const { return counts().errors() != 0; }
    [[nodiscard]] bool        has_allocations() const { return counts().blocks_in_use != 0; }
    /// How much was wrong; where nothing was, -1 while blocks are in use, and 0.
    [[nodiscard]] long long status() const {
        const test_counts now = counts();
        return now.errors() != 0 ? now.errors() : now.blocks_in_use != 0 ? -1 : 0;
    }

protected:
    test_books() = default;
    ~test_books() = default;

    mutable std::mutex lock_;
    test_counts        counts_;  ///< under the lock
};

}  // namespace autopmr::testing

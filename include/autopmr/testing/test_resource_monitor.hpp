#pragma once
/// \file
/// What changed in a test_resource since a moment: blocks in use, the most there were, all there ever were.
///
/// For tests that ask whether a call allocates, keeps or gives back. Make one before the call, ask it after. It does not keep
/// the resource alive. Any thread, as the resource itself. Throws nothing.

#include <autopmr/testing/test_books.hpp>

namespace autopmr::testing {

class test_resource_monitor {
public:
    explicit test_resource_monitor(const test_books& monitored) : monitored_(monitored), then_(monitored.counts()) {}
    explicit test_resource_monitor(test_books&&) = delete;

    /// From now on.
    void reset() { then_ = monitored_.counts(); }

    [[nodiscard]] bool is_in_use_same() const { return delta_blocks_in_use() == 0; }
    [[nodiscard]] bool is_in_use_up() const { return delta_blocks_in_use() > 0; }
    [[nodiscard]] bool is_in_use_down() const { return delta_blocks_in_use() < 0; }
    [[nodiscard]] bool is_max_same() const { return delta_max_blocks() == 0; }
    [[nodiscard]] bool is_max_up() const { return delta_max_blocks() > 0; }
    [[nodiscard]] bool is_total_same() const { return delta_total_blocks() == 0; }
    [[nodiscard]] bool is_total_up() const { return delta_total_blocks() > 0; }

    [[nodiscard]] long long delta_blocks_in_use() const { return monitored_.blocks_in_use() - then_.blocks_in_use; }
    [[nodiscard]] long long delta_max_blocks() const { return monitored_.max_blocks() - then_.max_blocks; }
    [[nodiscard]] long long delta_total_blocks() const { return monitored_.total_blocks() - then_.total_blocks; }
    [[nodiscard]] long long delta_bytes_in_use() const { return monitored_.bytes_in_use() - then_.bytes_in_use; }

private:
    const test_books& monitored_;
    test_counts       then_;
};

}  // namespace autopmr::testing

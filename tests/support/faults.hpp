#pragma once
/// \file
/// Counts the faults that are reported while it lives, keeps the last, and lets the program go on.

#include <autopmr/fault_report.hpp>

#include <atomic>

namespace autopmr_test {

struct counted_faults {
    counted_faults() noexcept {
        count = 0;
        before_ = autopmr::set_fault_handler([](const autopmr::fault_report& fault) noexcept {
            last = fault;
            ++count;
            return autopmr::fault_answer::quarantine;
        });
    }
    counted_faults(const counted_faults&) = delete;
    counted_faults& operator=(const counted_faults&) = delete;
    ~counted_faults() { autopmr::set_fault_handler(before_); }

    static inline autopmr::fault_report last;
    static inline std::atomic<int>      count{0};

private:
    autopmr::fault_handler before_;
};

}  // namespace autopmr_test

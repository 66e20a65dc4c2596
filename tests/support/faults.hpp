#pragma once
/// \file
/// Collects the faults that are reported while it lives, and lets the program go on.

#include <autopmr/fault_report.hpp>

#include <atomic>

namespace autopmr_test {

class faults {
public:
    faults() noexcept {
        count_ = 0;
        before_ = autopmr::set_fault_handler([](const autopmr::fault_report& report) noexcept {
            last_ = report;
            ++count_;
            return autopmr::fault_answer::quarantine;
        });
    }
    faults(const faults&) = delete;
    faults& operator=(const faults&) = delete;
    ~faults() { autopmr::set_fault_handler(before_); }

    [[nodiscard]] int                          count() const noexcept { return count_; }
    [[nodiscard]] const autopmr::fault_report& last() const noexcept { return last_; }

private:
    static inline std::atomic<int>      count_{0};
    static inline autopmr::fault_report last_;
    autopmr::fault_handler              before_;
};

}  // namespace autopmr_test

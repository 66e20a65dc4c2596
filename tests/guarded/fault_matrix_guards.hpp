#pragma once
/// \file
/// The guards that the fault matrix asks, each in a form that every case can use.

#include <autopmr/autopmr.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <memory_resource>
#include <string>
#include <vector>

namespace autopmr_test {

/// A guard, made anew in each child. `sweep` is what its user can call to look for what was done; ending it is a sweep too.
struct guard_under_test {
    std::shared_ptr<std::pmr::memory_resource> memory;
    std::function<void()>                      sweep = [] {};
};

struct guard_column {
    std::string name;  ///< the heading of its column
    std::function<guard_under_test(autopmr::fault_handler)> make;
};

inline guard_under_test pages(autopmr::fault_handler heard, autopmr::guard_placement placement, bool markers) {
    autopmr::page_guarded_options options;
    options.pool.placement = placement;
    options.pool.guard_markers = markers;
    options.pool.frames = 2;
    options.leaks = autopmr::leak_answer::fault;
    options.on_fault = heard;
    const auto made = std::make_shared<autopmr::page_guarded_resource>(options);
    return {made, [raw = made.get()] { raw->verify(); }};
}

/// In the order of the table's columns.
inline std::vector<guard_column> guard_columns() {
    using namespace autopmr;
    return {
        {"pages", [](fault_handler heard) { return pages(heard, guard_placement::after, true); }},
        {"before", [](fault_handler heard) { return pages(heard, guard_placement::before, true); }},
        {"alternate", [](fault_handler heard) { return pages(heard, guard_placement::alternate, true); }},
        {"mprotect", [](fault_handler heard) { return pages(heard, guard_placement::after, false); }},
        {"canary", [](fault_handler heard) {
             canary_options options;
             options.on_fault = heard;
             return guard_under_test{std::make_shared<canary_resource>(options, std::pmr::new_delete_resource())};
         }},
        {"quarantine", [](fault_handler heard) {  // the usual stack: a canary above it
             quarantine_options kept;
             kept.on_fault = heard;
             const auto     below = std::make_shared<quarantine_resource>(kept, std::pmr::new_delete_resource());
             canary_options options;
             options.on_fault = heard;
             return guard_under_test{std::make_shared<canary_resource>(options, below), [raw = below.get()] { raw->verify(); }};
         }},
        {"sampled", [](fault_handler heard) {  // what it samples: here all
             static guard_pool     pool{guard_pool_options{.most_live = 64, .quarantine = 128, .frames = 2}};  // shared, as it is meant
             sampled_guard_options options;
             options.rate = 1;
             options.pool = &pool;
             options.on_fault = heard;
             options.leaks = leak_answer::fault;
             // Not std's own, which (libstdc++ 12) takes SIZE_MAX for 0.
             const auto made = std::make_shared<sampled_guard_resource>(options, &new_delete_backend.resource());
             return guard_under_test{made, [raw = made.get()] { raw->verify(); }};
         }},
        {"secret", [](fault_handler heard) {
             secret_options options;
             options.on_fault = heard;
             return guard_under_test{std::make_shared<secret_resource>(options)};
         }},
        {"isolated", [](fault_handler heard) {
             secret_options options;
             options.isolated = true;
             options.on_fault = heard;
             return guard_under_test{std::make_shared<secret_resource>(options)};
         }},
    };
}

}  // namespace autopmr_test

#pragma once
/// \file
/// The guards under which good programs run, each fresh; what one reports is a false report.

#include <autopmr/guarded/canary_resource.hpp>
#include <autopmr/guarded/page_guarded_resource.hpp>
#include <autopmr/guarded/quarantine_resource.hpp>
#include <autopmr/guarded/sampled_guard_resource.hpp>

#include "support/catch.hpp"
#include "support/faults.hpp"

#include <cstddef>
#include <functional>
#include <memory_resource>
#include <string>

namespace good_programs {

using resource = std::pmr::memory_resource;

inline autopmr::leak_answer leaks = autopmr::leak_answer::fault;

struct guard_over_all {
    const char*                                                 name;
    std::function<void(const std::function<void(resource&)>&)> run;  ///< gives a fresh guard, and looks at what it kept afterwards
};

/// A quarantine that is so small that what leaves it is looked at while the program runs.
inline autopmr::quarantine_options small_quarantine() {
    autopmr::quarantine_options options;
    options.most_blocks = 500;
    return options;
}

inline void over_pages(const std::function<void(resource&)>& program, autopmr::guard_placement placement) {
    autopmr::page_guarded_options options;
    options.pool.placement = placement;
    options.leaks = leaks;
    autopmr::page_guarded_resource guard(options);
    program(guard);
    CHECK(guard.verify() == 0);
}

/// Fewer blocks than the programs hold: the others come from the upstream meanwhile.
inline void over_samples(const std::function<void(resource&)>& program, unsigned rate) {
    autopmr::guard_pool_options few;
    few.most_live = 200;
    few.quarantine = 1000;
    autopmr::guard_pool            pool(few);
    autopmr::sampled_guard_options options;
    options.rate = rate;
    options.pool = &pool;
    options.leaks = leaks;
    autopmr::sampled_guard_resource guard(options, std::pmr::new_delete_resource());
    program(guard);
    CHECK(guard.now().sampled > 0);
    CHECK(guard.verify() == 0);
}

inline const guard_over_all guards[] = {
    {"pages", [](const auto& program) { over_pages(program, autopmr::guard_placement::after); }},
    {"pages, blocks at their beginning", [](const auto& program) { over_pages(program, autopmr::guard_placement::before); }},
    {"canary",
     [](const auto& program) {
         autopmr::canary_resource guard(std::pmr::new_delete_resource());
         program(guard);
     }},
    {"quarantine",
     [](const auto& program) {
         autopmr::quarantine_resource guard(small_quarantine(), std::pmr::new_delete_resource());
         program(guard);
         CHECK(guard.verify() == 0);
     }},
    {"canary over quarantine",
     [](const auto& program) {
         autopmr::quarantine_resource below(small_quarantine(), std::pmr::new_delete_resource());
         autopmr::canary_resource     guard(&below);
         program(guard);
         CHECK(below.verify() == 0);
     }},
    {"samples of all", [](const auto& program) { over_samples(program, 1); }},
    {"one sample in seven", [](const auto& program) { over_samples(program, 7); }},
};

/// Runs a program under each guard; no guard may report anything.
inline void under_each_guard(const std::function<void(resource&)>& program) {
    for (const guard_over_all& each : guards) {
        INFO("under " << each.name);
        const autopmr_test::counted_faults faults;
        each.run(program);
        INFO("the last report is of " << autopmr::to_string(faults.last.kind));
        CHECK(faults.count == 0);
    }
}

}  // namespace good_programs

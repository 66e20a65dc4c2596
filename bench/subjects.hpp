#pragma once
/// \file
/// What the benchmarks set side by side: every backend that can serve here, and the standard library's resources.

#include <autopmr/backend.hpp>
#include <autopmr/selector.hpp>

#include <memory_resource>
#include <string>
#include <vector>

namespace bench {

struct subject {
    std::string                name;
    std::pmr::memory_resource* resource;
    bool                       thread_safe;
};

/// The standard library's resources first, then the backends in the table's order. The pools are made anew by each call.
inline std::vector<subject> subjects() {
    std::vector<subject> all{{"std new_delete", std::pmr::new_delete_resource(), true},
                             {"std unsynchronized pool", new std::pmr::unsynchronized_pool_resource, false},
                             {"std synchronized pool", new std::pmr::synchronized_pool_resource, true}};
    for (const autopmr::backend& b : autopmr::backends())
        if (b.why_not().empty()) all.push_back({std::string(b.name), &b.resource(), true});
    return all;
}

}  // namespace bench

#pragma once
/// \file
/// What the benchmarks set side by side: every backend that can serve here, and the standard library's resources.

#include <autopmr/backend.hpp>
#include <autopmr/pools/concurrent_pool_resource.hpp>
#include <autopmr/pools/pool_resource.hpp>
#include <autopmr/selector.hpp>

#include <boost/container/pmr/unsynchronized_pool_resource.hpp>

#include <memory_resource>
#include <string>
#include <vector>

namespace bench {

struct subject {
    std::string                name;
    std::pmr::memory_resource* resource;
    bool                       thread_safe;
    autopmr::layer*            pool = nullptr;  ///< of ours, to be trimmed
};

/// Boost's pool for one thread under the standard's interface: one direct call more.
class boost_pool final : public std::pmr::memory_resource {
    void* do_allocate(std::size_t bytes, std::size_t alignment) override { return pool_.allocate(bytes, alignment); }
    void  do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override { pool_.deallocate(block, bytes, alignment); }
    bool  do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

    boost::container::pmr::unsynchronized_pool_resource pool_;
};

/// The standard library's resources first, then our pools, Boost's pool for one thread, and the backends in the table's order. The
/// pools are made anew by each call, over new and delete.
inline std::vector<subject> subjects() {
    std::vector<subject> all{{"std new_delete", std::pmr::new_delete_resource(), true},
                             {"std unsynchronized pool", new std::pmr::unsynchronized_pool_resource, false},
                             {"std synchronized pool", new std::pmr::synchronized_pool_resource, true},
                             {"boost unsynchronized pool", new boost_pool, false}};
    auto* const pool = new autopmr::pool_resource(std::pmr::new_delete_resource());
    auto* const concurrent = new autopmr::concurrent_pool_resource(std::pmr::new_delete_resource());
    all.push_back({"pool_resource", pool, false, pool});
    all.push_back({"concurrent_pool_resource", concurrent, true, concurrent});
    for (const autopmr::backend& b : autopmr::backends())
        if (b.why_not().empty()) all.push_back({std::string(b.name), &b.resource(), true});
    return all;
}

}  // namespace bench

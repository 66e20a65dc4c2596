// The own heap of a subsystem.

#include <autopmr/backends/fixed_heap.hpp>
#include <autopmr/pools/concurrent_pool_resource.hpp>

#include "src/subsystem_node.hpp"
#include "src/support/announce.hpp"
#include "src/support/first_made.hpp"

#include <algorithm>
#include <new>

namespace autopmr {
namespace {

// A fixed heap may be smaller than a pool's usual chunk.
pool_options options_for(const backend& maker) noexcept {
    pool_options options;
    if (&maker != &fixed_heap_backend || maker.usage == nullptr) return options;
    if (const footprint now = maker.usage(); now.committed_known) options.chunk_bytes = std::min(options.chunk_bytes, now.committed / 64);
    return options;
}

}  // namespace

heap_offer make_own_heap(const backend& maker) noexcept {
    if (maker.own_heap != nullptr) return maker.own_heap();
    if (const std::string_view reason = maker.why_not(); !reason.empty()) return {nullptr, reason};
    concurrent_pool_resource* heap = nullptr;
#if defined(__cpp_exceptions)
    try {
        heap = make_in_pages<concurrent_pool_resource>(options_for(maker), &maker.resource());
    } catch (const std::bad_alloc&) {
    }
#else
    heap = make_in_pages<concurrent_pool_resource>(options_for(maker), &maker.resource());
#endif
    return {heap, heap != nullptr ? "" : "out of memory"};
}

void keep_own_heap(const backend& maker, layer& heap) noexcept {
    if (maker.own_heap == nullptr)
        announce::keeps_for_ever(static_cast<concurrent_pool_resource*>(&heap), sizeof(concurrent_pool_resource));
}

void discard_own_heap(const backend& maker, layer& heap) noexcept {
    if (maker.own_heap != nullptr) return heap.~layer();  // its own few bytes stay: they are the backend's
    end_in_pages(static_cast<concurrent_pool_resource*>(&heap));
}

}  // namespace autopmr

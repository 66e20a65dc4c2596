#pragma once
/// \file
/// The one decorator template, and the protocol of the observers it carries.
///
///     allocate:    reserve(r) -> upstream -> commit(p, r)      or, if the upstream threw, cancel(r)
///     deallocate:  retire(p, r) -> upstream -> settle(r)
///
/// Only reserve may throw, and throwing is refusing. An observer is a plain class with these five members; chain<A, B> runs
/// several for one virtual call, nesting runs them at run time. With a final resource of autopmr's as `Upstream` the call
/// below is direct: the stack is fused. As thread-safe as the observer and the upstream are. What changes the layout of a
/// block (guards, alignment raising) is a class of its own, not an observer.

#include <autopmr/layer.hpp>
#include <autopmr/platform.hpp>
#include <autopmr/resource_ptr.hpp>

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

namespace autopmr {

/// What is asked for, as it passes the observers.
struct block_request {
    std::size_t bytes;
    std::size_t alignment;
};

// to be completed by its owner
}  // namespace autopmr

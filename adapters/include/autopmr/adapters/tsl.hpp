#pragma once
/// \file
/// tsl::robin_map and robin_set over a resource that goes with the elements.
///
/// `robin_map<int, int> map(&pool)`: an alias with propagating_allocator, so that moving and swapping never copy elements. As
/// thread-safe as these and the resource; throws what the resource throws. The resource must outlive the container and
/// whatever was moved or copied from it.

#include <autopmr/propagating_allocator.hpp>

#include <tsl/robin_map.h>
#include <tsl/robin_set.h>

#include <functional>
#include <utility>

namespace autopmr::robin {

template <class Key, class Value, class Hash = std::hash<Key>, class Equal = std::equal_to<Key>>
using robin_map = tsl::robin_map<Key, Value, Hash, Equal, propagating_allocator<std::pair<Key, Value>>>;

template <class Key, class Hash = std::hash<Key>, class Equal = std::equal_to<Key>>
using robin_set = tsl::robin_set<Key, Hash, Equal, propagating_allocator<Key>>;

}  // namespace autopmr::robin

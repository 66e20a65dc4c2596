#pragma once
/// \file
/// Abseil's containers over a resource that goes with the elements.
///
/// `flat_hash_map<int, int> map(&pool)`: an alias with propagating_allocator, so that moving and swapping never copy elements.
/// As thread-safe as Abseil's and the resource; throws what the resource throws. The resource must outlive the container and
/// whatever was moved or copied from it.

#include <autopmr/propagating_allocator.hpp>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/container/inlined_vector.h>

#include <cstddef>
#include <utility>

namespace autopmr::abseil {

template <class Key, class Value, class Hash = absl::container_internal::hash_default_hash<Key>,
          class Equal = absl::container_internal::hash_default_eq<Key>>
using flat_hash_map = absl::flat_hash_map<Key, Value, Hash, Equal, propagating_allocator<std::pair<const Key, Value>>>;

template <class Key, class Hash = absl::container_internal::hash_default_hash<Key>,
          class Equal = absl::container_internal::hash_default_eq<Key>>
using flat_hash_set = absl::flat_hash_set<Key, Hash, Equal, propagating_allocator<Key>>;

template <class T, std::size_t Inside>
using inlined_vector = absl::InlinedVector<T, Inside, propagating_allocator<T>>;

}  // namespace autopmr::abseil

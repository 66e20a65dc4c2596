#pragma once
/// \file
/// Abseil's containers over a resource that goes with the elements.
///
/// `flat_hash_map<int, int> map(&pool)`: an alias with propagating_allocator, so that moving and swapping never copy elements.
/// inlined_vector is a class: Abseil's assignment takes the other's block but not its allocator (20220623), and the block went back
/// to the wrong resource; here assignment swaps. Its copy lost the block where an element's copy threw; here it assigns.
///
/// As thread-safe as Abseil's and the resource; throws what the resource throws. The resource must outlive the container and
/// whatever was moved or copied from it.

#include <autopmr/propagating_allocator.hpp>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/container/inlined_vector.h>

#include <cstddef>
#include <initializer_list>
#include <utility>

namespace autopmr::abseil {

template <class Key, class Value, class Hash = absl::container_internal::hash_default_hash<Key>,
          class Equal = absl::container_internal::hash_default_eq<Key>>
using flat_hash_map = absl::flat_hash_map<Key, Value, Hash, Equal, propagating_allocator<std::pair<const Key, Value>>>;

template <class Key, class Hash = absl::container_internal::hash_default_hash<Key>,
          class Equal = absl::container_internal::hash_default_eq<Key>>
using flat_hash_set = absl::flat_hash_set<Key, Hash, Equal, propagating_allocator<Key>>;

template <class T, std::size_t Inside>
class inlined_vector : public absl::InlinedVector<T, Inside, propagating_allocator<T>> {
    using base = absl::InlinedVector<T, Inside, propagating_allocator<T>>;

public:
    using base::base;
    inlined_vector(const inlined_vector& other) : inlined_vector(other, other.get_allocator()) {}
    inlined_vector(const inlined_vector& other, const propagating_allocator<T>& from) : base(from) {
        base::assign(other.begin(), other.end());
    }
    inlined_vector(inlined_vector&&) = default;
    inlined_vector& operator=(inlined_vector other) {  // copied or moved
        base::swap(other);
        return *this;
    }
    inlined_vector& operator=(std::initializer_list<T> elements) {
        base::assign(elements);
        return *this;
    }
    friend void swap(inlined_vector& a, inlined_vector& b) { a.swap(b); }
};

}  // namespace autopmr::abseil

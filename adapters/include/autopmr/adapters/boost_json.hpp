#pragma once
/// \file
/// Boost.JSON over a resource: what a boost_resource lets boost::json::storage_ptr know.
///
/// `boost_resource over(&arena); boost::json::parse(text, &over)`. Over an arena, or std's monotonic buffer, JSON then skips
/// destroying what it parsed: the arena takes it all at once. A storage_ptr made from `&over` borrows it. As thread-safe as the
/// resource; throws what it throws. Note that JSON's default storage is never the default of std::pmr: it must be passed.

#include <autopmr/adapters/boost.hpp>
#include <autopmr/pools/arena_resource.hpp>

#include <boost/json/memory_resource.hpp>

#include <memory_resource>

namespace boost {
namespace json {

template <>
struct is_deallocate_trivial<autopmr::boost_resource<autopmr::arena_resource>> {
    static constexpr bool value = true;
};
template <>
struct is_deallocate_trivial<autopmr::boost_resource<std::pmr::monotonic_buffer_resource>> {
    static constexpr bool value = true;
};

}  // namespace json
}  // namespace boost

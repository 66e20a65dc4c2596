#pragma once
/// \file
/// nlohmann::json whose values lie in the thread's resource.
///
/// That library makes its allocators itself, so only one without state serves it: set the resource with a
/// thread_resource_scope, then parse. A thread_json may be changed and destroyed anywhere; what is new then comes from the
/// resource of that place. One at a time, as any json; throws what the resource throws. A block has 16 bytes more.

#include <autopmr/thread_allocator.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace autopmr {

using thread_string = std::basic_string<char, std::char_traits<char>, thread_allocator<char>>;
using thread_json = nlohmann::basic_json<std::map, std::vector, thread_string, bool, std::int64_t, std::uint64_t, double,
                                         thread_allocator, nlohmann::adl_serializer, std::vector<std::uint8_t, thread_allocator<std::uint8_t>>>;

}  // namespace autopmr

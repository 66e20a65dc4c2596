#pragma once
/// \file
/// Boost.Container's synchronized pool over malloc, as a module of ours.
///
/// For those who ask for it by name: good on one thread, poor on several. Never gives memory back. Any thread.
/// Throws out_of_memory (also when the module is missing: see why_not) and bad_alignment.

#include <autopmr/backend.hpp>

#include <cstddef>

namespace autopmr {

extern const backend boost_pool_backend;
using boost_pool_resource = backend_resource<boost_pool_backend>;

template <>
void* boost_pool_resource::do_allocate(std::size_t bytes, std::size_t alignment);
template <>
void boost_pool_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment);

}  // namespace autopmr

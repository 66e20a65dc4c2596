#pragma once
/// \file
/// One fixed region of memory, for machines without an operating system. Not built yet: why_not says so, and every
/// allocation throws out_of_memory.

#include <autopmr/backend.hpp>

#include <cstddef>

namespace autopmr {

extern const backend fixed_heap_backend;
using fixed_heap_resource = backend_resource<fixed_heap_backend>;

template <>
void* fixed_heap_resource::do_allocate(std::size_t bytes, std::size_t alignment);
template <>
void fixed_heap_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment);

}  // namespace autopmr

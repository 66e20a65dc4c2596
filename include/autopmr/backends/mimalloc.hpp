#pragma once
/// \file
/// Microsoft's mimalloc, from its own shared library, beside the process's malloc.
///
/// The default for throughput: fastest in most loads measured. Not for the lowest memory after a phase of large blocks, unless
/// trimmed. Any thread. Throws out_of_memory (also when the library is missing: see why_not) and bad_alignment.

#include <autopmr/backend.hpp>

#include <cstddef>

namespace autopmr {

extern const backend mimalloc_backend;
using mimalloc_resource = backend_resource<mimalloc_backend>;

template <>
void* mimalloc_resource::do_allocate(std::size_t bytes, std::size_t alignment);
template <>
void mimalloc_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment);

}  // namespace autopmr

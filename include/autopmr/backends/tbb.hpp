#pragma once
/// \file
/// oneTBB's scalable allocator, from its own shared library.
///
/// Use it where oneTBB is already at work; elsewhere others are faster. Does not know how much is in use. Any thread; but oneTBB
/// takes no care of fork, and a child that was forked while another thread was in here may wait for ever at its first request.
/// Throws out_of_memory (also when the library is missing: see why_not) and bad_alignment.

#include <autopmr/backend.hpp>

#include <cstddef>

namespace autopmr {

extern const backend tbb_backend;
using tbb_resource = backend_resource<tbb_backend>;

template <>
void* tbb_resource::do_allocate(std::size_t bytes, std::size_t alignment);
template <>
void tbb_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment);

}  // namespace autopmr

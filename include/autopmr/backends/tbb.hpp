#pragma once
/// \file
/// oneTBB's scalable allocator, from its own shared library.
///
/// Use it where oneTBB is already at work; elsewhere others are faster. Does not know how much is in use. Any thread; but oneTBB
/// takes no care of fork, and a child that was forked while another thread was in here may wait for ever at its first request.
/// Throws out_of_memory (also when the library is missing: see why_not) and bad_alignment.

#include <autopmr/backend.hpp>

namespace autopmr {

extern const backend tbb_backend;
using tbb_resource = backend_resource<tbb_backend>;
extern template class backend_resource<tbb_backend>;

}  // namespace autopmr

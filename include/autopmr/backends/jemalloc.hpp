#pragma once
/// \file
/// jemalloc, as a private module that takes over nothing.
///
/// Use it for long-running services that want steady memory (its decay is tuned from the memory limit) and for arenas of one's
/// own. Its thread-local state forbids loading it late: link the program with autopmr::backends. Any thread. Throws
/// out_of_memory (also when it can't serve: see why_not) and bad_alignment.

#include <autopmr/backend.hpp>

namespace autopmr {

extern const backend jemalloc_backend;
using jemalloc_resource = backend_resource<jemalloc_backend>;
extern template class backend_resource<jemalloc_backend>;

}  // namespace autopmr

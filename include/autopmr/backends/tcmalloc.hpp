#pragma once
/// \file
/// gperftools' tcmalloc_minimal, from its own shared library, beside the process's malloc.
///
/// Use it for many small blocks freed on the thread that made them. It gives memory back only when trimmed, and grows with
/// sbrk, which glibc then counts as its own. Any thread. Throws out_of_memory (also when the library is missing: see why_not)
/// and bad_alignment.

#include <autopmr/backend.hpp>

namespace autopmr {

extern const backend tcmalloc_backend;
using tcmalloc_resource = backend_resource<tcmalloc_backend>;
extern template class backend_resource<tcmalloc_backend>;

}  // namespace autopmr

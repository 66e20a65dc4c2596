#pragma once
/// \file
/// The process's own malloc: the C library's, or whatever replaced it.
///
/// Use it where tools must see every block, where a malloc was already chosen for the whole process, and for the lowest peak
/// memory on glibc. Not for the most speed. Any thread, from before main until after static destructors. Throws out_of_memory
/// and bad_alignment.

#include <autopmr/backend.hpp>

namespace autopmr {

extern const backend system_backend;
using system_resource = backend_resource<system_backend>;
extern template class backend_resource<system_backend>;

}  // namespace autopmr

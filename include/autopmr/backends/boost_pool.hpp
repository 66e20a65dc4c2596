#pragma once
/// \file
/// Boost.Container's synchronized pool over malloc, as a module of ours.
///
/// For those who ask for it by name: good on one thread, poor on several. Never gives memory back. Any thread.
/// Throws out_of_memory (also when the module is missing: see why_not) and bad_alignment.

#include <autopmr/backend.hpp>

namespace autopmr {

extern const backend boost_pool_backend;
using boost_pool_resource = backend_resource<boost_pool_backend>;
extern template class backend_resource<boost_pool_backend>;

}  // namespace autopmr

#pragma once
/// \file
/// The program's operator new and delete, as std::pmr::new_delete_resource() is, but with this library's errors.
///
/// Use it for comparison, or where a program counts in its own operator new. Never below an operator new that itself allocates
/// from std::pmr: that recurses. Any thread. Throws out_of_memory and bad_alignment; calls the new-handler first.

#include <autopmr/backend.hpp>

namespace autopmr {

extern const backend new_delete_backend;
using new_delete_resource = backend_resource<new_delete_backend>;
extern template class backend_resource<new_delete_backend>;

}  // namespace autopmr

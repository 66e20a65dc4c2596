#pragma once
/// \file
/// LLVM's hardened allocator, as a private module that takes over nothing.
///
/// Use it where heap corruption must stop the program: checksummed headers, randomised order, quarantine. It is slower than
/// the others. A double free or a damaged header aborts. Its thread-local state forbids loading it late: link the program with
/// autopmr::backends. Any thread. Throws out_of_memory (also when it can't serve: see why_not) and bad_alignment.

#include <autopmr/backend.hpp>

namespace autopmr {

extern const backend scudo_backend;
using scudo_resource = backend_resource<scudo_backend>;
extern template class backend_resource<scudo_backend>;

}  // namespace autopmr

#pragma once
/// \file
/// LLVM's hardened allocator, as a private module that takes over nothing.
///
/// Use it where heap corruption must stop the program: checksummed headers, randomised order, quarantine. It is slower than
/// the others. A double free or a damaged header aborts. Its thread-local state forbids loading it late: link the program with
/// autopmr::backends. Any thread. Throws out_of_memory (also when it can't serve: see why_not) and bad_alignment.

#include <autopmr/backend.hpp>

#include <cstddef>

namespace autopmr {

extern const backend scudo_backend;
using scudo_resource = backend_resource<scudo_backend>;

template <>
void* scudo_resource::do_allocate(std::size_t bytes, std::size_t alignment);
template <>
void scudo_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment);

}  // namespace autopmr

#pragma once
/// \file
/// The whole program's operator new and delete, all their forms, on a resource of your choice.
///
/// Link `autopmr::new_delete` into a final executable (CMake refuses libraries) and say which resource: call route_new_delete, or
/// define autopmr_first_new, which is called at the very first operator new, before main, and calls it. Until then, and for what
/// the resource itself allocates with operator new while it serves or takes back, malloc serves: so a resource may stand on
/// std::pmr::new_delete_resource and nothing recurses. Each block goes back to where it came from.
///
/// Not for malloc's callers (C libraries, strdup): see the preloaded library. A block costs 16 bytes more. Any thread, before
/// main, in static destructors; after fork as far as the resource is. operator new calls the new-handler and throws
/// std::bad_alloc, whatever the resource threw; the forms with std::nothrow are null.

#include <autopmr/adapters/static_heap.hpp>

namespace autopmr {

/// Once for each process. The resource must be safe from any thread and live for ever: it gets blocks after main.
install_answer route_new_delete(resource_ptr immortal, const char* who) noexcept;
install_answer route_new_delete(resource_ptr immortal, const char* who, assume_any_thread_t) noexcept;

}  // namespace autopmr

/// Yours to define, or not; without an exception.
extern "C" void autopmr_first_new();

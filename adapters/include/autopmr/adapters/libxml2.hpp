#pragma once
/// \file
/// libxml2 over a resource, all of a process (xmlMemSetup).
///
/// `libxml2_heap::install(resource, "my_program")` before xmlInitParser, which the first parse calls. It calls xmlInitParser itself
/// and sees whether that asked for memory: where it did not, libxml2 had begun, and the answer is too_late (2.11 and newer may
/// ask for none, there it can not be told). After xmlCleanupParser it is not too late.
///
/// Threads, fork, lifetime and what is thrown: as of every static_heap. Sizes are bytes; a block costs 16 more.

#include <autopmr/adapters/static_heap.hpp>

namespace autopmr {

struct libxml2_hooks {
    static install_answer::kind hook() noexcept;
};
using libxml2_heap = static_heap<libxml2_hooks>;

}  // namespace autopmr

#pragma once
/// \file
/// pugixml over a resource, all of a process (set_memory_management_functions).
///
/// `pugixml_heap::install(resource, "my_program")` before the first document that parses; whether that was so pugixml does not tell.
/// A document from before that is destroyed after is a fault report: foreign_pointer.
///
/// Threads, fork, lifetime and what is thrown: as of every static_heap. Sizes are bytes; a block costs 16 more.

#include <autopmr/adapters/static_heap.hpp>

namespace autopmr {

struct pugixml_hooks {
    static install_answer::kind hook() noexcept;
};
using pugixml_heap = static_heap<pugixml_hooks>;

}  // namespace autopmr

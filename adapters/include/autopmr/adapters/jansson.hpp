#pragma once
/// \file
/// Jansson over a resource, all of a process (json_set_alloc_funcs).
///
/// `jansson_heap::install(resource, "my_program")` before the first value; whether that was so Jansson does not tell. A value from
/// before that is freed after is a fault report: foreign_pointer. What json_dumps returns is freed with jansson_heap::free.
///
/// Threads, fork, lifetime and what is thrown: as of every static_heap. Sizes are bytes; a block costs 16 more.

#include <autopmr/adapters/static_heap.hpp>

namespace autopmr {

struct jansson_hooks {
    static install_answer::kind hook() noexcept;
};
using jansson_heap = static_heap<jansson_hooks>;

}  // namespace autopmr

#pragma once
/// \file
/// SQLite over a resource, all of a process (SQLITE_CONFIG_MALLOC).
///
/// `sqlite_heap::install(resource, "my_program")` before sqlite3_initialize, which the first sqlite3_open calls; later SQLite says
/// SQLITE_MISUSE, and the answer is too_late. SQLite serialises its allocations with a mutex of its own unless
/// SQLITE_CONFIG_MEMSTATUS is 0: configure that too where a resource is to scale with threads.
///
/// Threads, fork, lifetime and what is thrown: as of every static_heap. Sizes are bytes; a block costs 16 more.

#include <autopmr/adapters/static_heap.hpp>

namespace autopmr {

struct sqlite_hooks {
    static install_answer::kind hook() noexcept;
};
using sqlite_heap = static_heap<sqlite_hooks>;

}  // namespace autopmr

#pragma once
/// \file
/// SQLite over a resource, all of a process (SQLITE_CONFIG_MALLOC).
///
/// `sqlite_heap::install(resource, "my_program")` before sqlite3_initialize, which the first sqlite3_open calls; later SQLite says
/// SQLITE_MISUSE, and the answer is too_late. SQLite serialises its allocations with a mutex of its own unless
/// SQLITE_CONFIG_MEMSTATUS is 0: configure that too where a resource is to scale with threads.
///
/// Threads, fork, lifetime and what is thrown: as of every static_heap. Sizes are bytes; a block costs 8 more, its size and a tag, and is
/// aligned to 8, as SQLite wants it. What the tag does not vouch for is a fault_report, as of a c_heap; sqlite3_free alone takes such blocks.

#include <autopmr/adapters/static_heap.hpp>

#include <memory_resource>

namespace autopmr {

struct sqlite_hooks {
    static install_answer::kind hook() noexcept;
    /// Hands SQLite functions over `immortal`, which stand in the bridge's library: close to SQLite where that is shared.
    static install_answer::kind give(std::pmr::memory_resource& immortal) noexcept;
};
using sqlite_heap = static_heap<sqlite_hooks>;

inline install_answer::kind sqlite_hooks::hook() noexcept { return give(*sqlite_heap::heap()->upstream().get()); }

}  // namespace autopmr

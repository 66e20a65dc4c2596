#pragma once
/// \file
/// What the library keeps of each thread: one record of mapped pages, reached through its only thread-local pointer.
///
/// A record is a header, a row of ledger cells, a row of the pools' caches and a row of the trace files' cells. Records are
/// made on first use, folded into the ledgers when their thread ends, and used again by later threads; they are never
/// unmapped. Everything but current() wants the lock.

#include <autopmr/ledger_cell.hpp>
#include <autopmr/sample_countdown.hpp>
#include <autopmr/trace_cell.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace autopmr {

struct alignas(64) thread_record {
    thread_record*     next = nullptr;  ///< the list of all records that were ever made
    std::atomic<bool>  drawing{false};  ///< between looking at the limits above and having drawn without the lock
    bool               in_use = false;
    std::uint32_t      cells_end = 0;   ///< offset past the last cell that was touched
    std::uint32_t      caches_end = 0;  ///< offset past the last pool's cache that was set
    unsigned long      number = 0;      ///< os::thread_number() of the thread that has the record
    alignas(32) sample_countdown sampling;  ///< inherited by the next thread that has the record

    /// The cache of one pool on this thread; null where it has none.
    std::atomic<void*>& cache(std::uint32_t offset) noexcept {
        return *reinterpret_cast<std::atomic<void*>*>(reinterpret_cast<char*>(this) + offset);
    }
    /// What this thread keeps for the trace file in a slot; zero where nothing.
    trace_cell& trace(std::uint32_t slot) noexcept;
    ledger_cell& cell(std::uint32_t offset) noexcept {
        return *reinterpret_cast<ledger_cell*>(reinterpret_cast<char*>(this) + offset);
    }
};
static_assert(sizeof(thread_record) == sizeof(ledger_cell), "the header takes the place of the first cell");
static_assert(offsetof(thread_record, sampling) == sample_countdown::in_record);

namespace per_thread {

constexpr std::uint32_t cells_bytes = 256 << 10;  // address space; a thread touches a page of it for every 64 ledgers it uses
constexpr std::uint32_t caches_bytes = 128 << 10;  // a pointer for each pool that lives; what a thread never uses it never touches
constexpr std::uint32_t traces_begin = cells_bytes + caches_bytes;
constexpr std::uint32_t trace_slots = 64;  // trace files that are open at a time
constexpr std::uint32_t record_bytes = traces_begin + trace_slots * sizeof(trace_cell);

/// The lock of the books: over the list of records, the tree of ledgers, and all credit that a limit bounds. Held
/// across fork.
std::mutex& lock() noexcept;
/// All records, with the lock held.
thread_record* first_record() noexcept;
/// This thread's record; null where it has none.
thread_record* current() noexcept;
/// The same, made if need be: null where memory is out, or the thread is over or can't be told when it ends. Takes the lock.
thread_record* current_or_new() noexcept;
/// os::thread_number(), which asks the system, remembered in the record. May take the lock, once a thread.
unsigned long number() noexcept;

/// Another part that keeps something of each thread in its record. All of it is constant-initialised and never goes.
///
/// The guest's own locks come after the lock of the books: it never asks for that one while it holds one of its own.
struct guest {
    /// On a thread that ends, without the lock; this_thread_record() is thread_is_over already.
    void (*thread_ends)(thread_record& mine) noexcept;
    /// Around fork, with the lock held. In the child the records of threads that did not come along are still in use, and are
    /// taken back afterwards.
    void (*before_fork)() noexcept;
    void (*in_parent)() noexcept;
    void (*in_child)() noexcept;
    guest*            next = nullptr;
    std::atomic<bool> present{false};
};
/// From now on. However often, from however many threads: whoever returns from here is taken care of. Takes the lock the first time.
void invite(guest& who) noexcept;

/// Holds the lock across every fork from now on, and for every thread that returns from here. Who holds a lock of its own while
/// calling here registers after this (fork_watch.hpp).
void watch_fork() noexcept;

}  // namespace per_thread

inline trace_cell& thread_record::trace(std::uint32_t slot) noexcept {
    return reinterpret_cast<trace_cell*>(reinterpret_cast<char*>(this) + per_thread::traces_begin)[slot];
}

}  // namespace autopmr

#pragma once
/// \file
/// What is done to ledgers under the lock of the books (per_thread::lock()), apart from what a thread does by itself.

#include <autopmr/ledger.hpp>

#include "src/support/per_thread.hpp"

namespace autopmr {

struct books {
    /// Puts a ledger in the tree and gives it a row of cells, once.
    static void enter(ledger& l) noexcept;
    /// Takes it out again; what it had granted goes back to all above.
    static void leave(ledger& l) noexcept;
    /// Folds what a record holds into the ledgers and zeroes it: its thread is gone.
    static void close_record(thread_record& record) noexcept;
    /// Sums all grants from the cells: in the child of a fork, draws of other threads were cut short.
    static void count_grants_anew() noexcept;

    /// A cell in the books of its ledger, from its first use.
    static ledger_cell& open(ledger& l, thread_record& record) noexcept;
    /// Draws what a charge lacks and spends it. A null cell: the ledger's home account. Null, or who refuses.
    static const ledger* charge(ledger& l, ledger_cell* cell, std::size_t bytes) noexcept;
    /// The part of a charge that the peak does not follow yet: see ledger::commit.
    static std::ptrdiff_t unconfirmed(std::size_t bytes) noexcept {
        return bytes > ledger::large ? static_cast<std::ptrdiff_t>(bytes) : 0;
    }
    static void add_at_home(ledger& l, std::size_t bytes, std::ptrdiff_t unconfirmed) noexcept;
    /// Undoes a large charge, so that what is confirmed stays as it is. A null cell: the ledger's home account.
    static void cancel(ledger& l, ledger_cell* cell, std::size_t bytes) noexcept;
    /// Gives back what a cell should not keep.
    static void settle(ledger& l, ledger_cell& cell) noexcept;
    /// The same where nothing above is bounded: without the lock, on the cell's own thread.
    static void top_up_unbounded(ledger& l, ledger_cell& cell) noexcept;
    static void charge_unbounded(ledger& l, ledger_cell& cell, std::size_t bytes) noexcept;
    static void settle_unbounded(ledger& l, ledger_cell& cell) noexcept;

    /// A thread moves a bound of its own cell as far as the credit it has allows. False where that is too little or too much, or the
    /// cell is closed.
    static bool move_total_end(ledger_cell& cell, std::size_t bytes) noexcept;
    static bool move_freed_end(ledger_cell& cell) noexcept;

    /// Whether a limit holds here or above. Sequentially consistent: see ledger::set_limit.
    static bool bounded(const ledger& l) noexcept;
    /// Adds to what is granted here and above, and to what is confirmed, which the peak follows: in one step, for else others
    /// would see a peak that never was, or miss one.
    static void grant(ledger& l, std::ptrdiff_t bytes, std::ptrdiff_t confirmed) noexcept;
    static void grant(ledger& l, std::ptrdiff_t bytes) noexcept { grant(l, bytes, bytes); }
    /// Takes all idle credit back, here and below, and lets none be kept until there is room again.
    static void tighten(ledger& l) noexcept;
    static void loosen_where_roomy(ledger& l) noexcept;

    struct totals {
        std::ptrdiff_t used = 0;
        std::size_t    total = 0, count = 0, failures = 0;
    };
    static void sum(const ledger& l, totals& all) noexcept;

private:
    static std::ptrdiff_t room(const ledger& l) noexcept;
    static std::ptrdiff_t most_idle(const ledger& l) noexcept;
    static bool           tight(const ledger& l) noexcept;
    static void           fold(ledger& l, ledger_cell& cell) noexcept;
    static void           close_below(ledger& l) noexcept;
    static void           take_below(ledger& l) noexcept;
};

/// Whether credit can be taken back from running threads at all; where it can't, a bounded ledger lends none.
bool can_take_back() noexcept;
/// For tests: behave as on a system without os::fence_all_threads().
void pretend_no_fence(bool on) noexcept;

}  // namespace autopmr

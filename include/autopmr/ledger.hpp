#pragma once
/// \file
/// Books of bytes: a budget and its counters, kept by each thread for itself.
///
/// What statistics, limit and subsystems stand on. Use it for a resource of your own that must count or be bounded; to
/// count an existing one, wrap it in `statistics_resource`. A thread draws credit from the shared books in batches and
/// spends it with plain stores; near a limit credit is taken back from all threads and the path locks. Limits are
/// exact: what is granted never exceeds a limit, and a request is refused only if it did not fit at some instant during
/// the call. Any thread may call anything, also before main, while a thread ends and after fork. Nothing throws or
/// allocates. A ledger is not copied; it must outlive the ledgers below it, and every call to it.

#include <autopmr/ledger_cell.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace autopmr {

/// A snapshot; what lies below is included. Exact when nothing moves; else each thread's part is exact at its own
/// instant.
struct usage {
    std::size_t live = 0;        ///< bytes now
    std::size_t peak = 0;        ///< an upper bound of the most bytes at once...
    std::size_t peak_error = 0;  ///< ...too high by at most this: threads x batch
    std::size_t total = 0;       ///< bytes ever allocated
    std::size_t count = 0;       ///< allocations ever
    std::size_t failures = 0;    ///< requests refused, by a limit or by what is below
    std::size_t limit = 0;       ///< ledger::no_limit: none
};

class ledger {
public:
    static constexpr std::size_t no_limit = SIZE_MAX;
    /// The most idle credit a thread keeps; and what a charge is large above: it is in the peak only once it is committed.
    static constexpr std::size_t batch = std::size_t{64} << 10, large = batch / 2;

    constexpr explicit ledger(std::size_t limit = no_limit, ledger* parent = nullptr) noexcept
        : parent_(parent), limit_(limit) {}
    ~ledger();

    /// Takes `bytes` from this budget and from all above. Null, or the ledger whose limit refuses: a failure of this one.
    [[nodiscard]] const ledger* charge(std::size_t bytes) noexcept {
        const auto record = reinterpret_cast<std::uintptr_t>(this_thread_record());
        if (record <= thread_is_over || bytes > large) return draw(bytes);
        return cell_at(record).spend(bytes) ? nullptr : draw(bytes);
    }
    /// What was charged became a block. Each charge ends in this or in cancel.
    void commit(std::size_t bytes) noexcept {
        if (bytes > large) confirm(bytes);
    }
    /// What was charged became no block: a failure, and else the books are as before.
    void cancel(std::size_t bytes) noexcept;
    /// The same as charge for a block that exists already, in books without a limit here or above.
    void add(std::size_t bytes) noexcept {
        const auto record = reinterpret_cast<std::uintptr_t>(this_thread_record());
        if (record <= thread_is_over) return add_elsewhere(bytes);
        if (!cell_at(record).book(bytes)) cover(bytes);
    }
    /// A request failed that was not charged.
    void fail() noexcept { failures_.fetch_add(1, std::memory_order_relaxed); }
    /// A block goes that was charged or added, on whatever thread.
    void retire(std::size_t bytes) noexcept {
        const auto record = reinterpret_cast<std::uintptr_t>(this_thread_record());
        if (record <= thread_is_over) return retire_elsewhere(bytes);
        if (!cell_at(record).unspend(bytes)) settle(bytes);
    }

    /// Below what is live, a new limit refuses all but charges of 0 bytes until enough has gone. Where the system has no barrier for
    /// all threads (membarrier), credit drawn before a limit was set comes back only at its thread's next call.
    void                      set_limit(std::size_t bytes) noexcept;
    [[nodiscard]] std::size_t limit() const noexcept { return limit_.load(); }
    [[nodiscard]] ledger*     parent() const noexcept { return parent_; }
    [[nodiscard]] usage       now() const noexcept;
    void                      forget_peak() noexcept;  ///< the next peak starts from what is live

private:
    friend struct books;                          // src/ledger_books.hpp: what is done under the lock
    static constexpr std::uint32_t nobodys = 64;  // the offset of a cell that stays zero, and so sends all to the slow path

    ledger_cell& cell_at(std::uintptr_t record) const noexcept {
        return *reinterpret_cast<ledger_cell*>(record + offset_.load(std::memory_order_relaxed));
    }
    [[gnu::cold]] const ledger* draw(std::size_t bytes) noexcept;
    [[gnu::cold]] void          confirm(std::size_t bytes) noexcept;
    [[gnu::cold]] void          cover(std::size_t bytes) noexcept;
    [[gnu::cold]] void          add_elsewhere(std::size_t bytes) noexcept;
    [[gnu::cold]] void          settle(std::size_t bytes) noexcept;
    [[gnu::cold]] void          retire_elsewhere(std::size_t bytes) noexcept;

    // What every call reads lies apart from what threads share.
    std::atomic<std::uint32_t> offset_{nobodys};
    ledger*                    parent_;
    alignas(64) std::atomic<std::size_t> limit_;
    std::atomic<std::ptrdiff_t> granted_{0}, confirmed_{0}, peak_{0};  // confirmed: without large charges that are under way
    std::atomic<std::size_t>    failures_{0};
    std::size_t holders_ = 0, most_holders_ = 0, home_total_ = 0, home_count_ = 0;  // holders: cells in use, here and below
    bool        known_ = false, tight_ = false;
    std::ptrdiff_t home_used_ = 0;  // home: of threads that are gone, and of calls without a record
    ledger *       child_ = nullptr, *sibling_ = nullptr, *next_ = nullptr;
};

}  // namespace autopmr

// How a thread may spend without locked instructions what another may take back
//
// The owner of a cell stores its claim in `total` and then looks whether the bound still allows it. Who takes credit back stores
// bounds that allow nothing, makes every thread pass a full memory barrier (os::fence_all_threads), and then reads the cells. Of a
// claim the taker did not see, the store came after the barrier, so its owner sees the closed bound and comes here, to wait for
// the lock; all other claims are counted. So after the barrier what is in use is known, and the rest can be taken.
// Who moves credit of a ledger with a limit, here or above, holds the lock. Without any limit a thread draws by itself; `drawing` in
// its record lets set_limit wait until such draws are through. A thread may move a bound of its cell within the credit it has
// by compare-and-exchange: that fails where the bound was closed meanwhile.
#include <autopmr/ledger.hpp>

#include "src/ledger_books.hpp"
#include "src/support/per_thread.hpp"

#include <algorithm>
#include <mutex>
#include <thread>

namespace autopmr {
namespace {

using std::memory_order_relaxed;

// Runs `work` without the lock where the cell is in the books and no limit holds; false where it was not run.
template <class Work>
bool alone(const ledger& l, thread_record& record, ledger_cell& cell, Work work) noexcept {
    if (!cell.touched.load(memory_order_relaxed)) return false;
    record.drawing.store(true);
    const bool free = !books::bounded(l);
    if (free) work();
    record.drawing.store(false, std::memory_order_release);
    return free;
}

}  // namespace

ledger::~ledger() {
    if (!known_) return;
    const std::scoped_lock hold(per_thread::lock());
    books::leave(*this);
}

const ledger* ledger::draw(std::size_t bytes) noexcept {
    if (bytes > ledger_cell::most) {
        fail();
        return this;
    }
    thread_record*      record = per_thread::current_or_new();
    const std::uint32_t offset = offset_.load(memory_order_relaxed);
    if (record != nullptr && offset != nobodys) {
        ledger_cell& mine = record->cell(offset);
        if (bytes <= large && books::move_total_end(mine, bytes) && mine.spend(bytes)) return nullptr;
        if (alone(*this, *record, mine, [&] { books::charge_unbounded(*this, mine, bytes); })) return nullptr;
    }
    const std::scoped_lock hold(per_thread::lock());
    books::enter(*this);
    const bool    has_cell = record != nullptr && offset_.load(memory_order_relaxed) != nobodys;
    const ledger* refuser = books::charge(*this, has_cell ? &books::open(*this, *record) : nullptr, bytes);
    if (refuser != nullptr) fail();
    return refuser;
}

// The next two: the bytes are booked in this thread's cell, and its bound is reached.
void ledger::cover(std::size_t bytes) noexcept {
    thread_record& record = *per_thread::current();
    ledger_cell&   nobody = record.cell(nobodys);
    if (nobody.count.load(memory_order_relaxed) != 0) {
        // The fast path wrote to nobody's cell: the ledger had no row of cells then, whatever it has by now.
        nobody.total.store(0, memory_order_relaxed);
        nobody.count.store(0, memory_order_relaxed);
        const std::scoped_lock hold(per_thread::lock());
        books::enter(*this);
        const std::uint32_t offset = offset_.load(memory_order_relaxed);
        if (offset == nobodys) return books::add_at_home(*this, bytes, 0);
        record.cell(offset).book(bytes);
        return books::top_up_unbounded(*this, books::open(*this, record));
    }
    ledger_cell& mine = record.cell(offset_.load(memory_order_relaxed));
    if (books::move_total_end(mine, 0)) return;
    if (alone(*this, record, mine, [&] { books::top_up_unbounded(*this, mine); })) return;
    const std::scoped_lock hold(per_thread::lock());
    books::top_up_unbounded(*this, books::open(*this, record));
}

void ledger::settle(std::size_t bytes) noexcept {
    thread_record&      record = *per_thread::current();
    const std::uint32_t offset = offset_.load(memory_order_relaxed);
    ledger_cell&        mine = record.cell(offset);
    if (offset == nobodys) {
        mine.freed.store(0, memory_order_relaxed);  // undo what the fast path did to nobody's cell
        return retire_elsewhere(bytes);
    }
    if (books::move_freed_end(mine)) return;
    if (alone(*this, record, mine, [&] { books::settle_unbounded(*this, mine); })) return;
    const std::scoped_lock hold(per_thread::lock());
    books::settle(*this, books::open(*this, record));
}

void ledger::retire_elsewhere(std::size_t bytes) noexcept {
    if (offset_.load(memory_order_relaxed) != nobodys && per_thread::current_or_new() != nullptr) return retire(bytes);
    const std::scoped_lock hold(per_thread::lock());
    home_used_ -= static_cast<std::ptrdiff_t>(bytes);
    books::grant(*this, -static_cast<std::ptrdiff_t>(bytes));
    books::loosen_where_roomy(*this);
}

void ledger::add_elsewhere(std::size_t bytes) noexcept {
    if (per_thread::current_or_new() != nullptr) return add(bytes);
    const std::scoped_lock hold(per_thread::lock());
    books::enter(*this);
    books::add_at_home(*this, bytes, 0);
}

void ledger::cancel(std::size_t bytes) noexcept {
    fail();
    if (bytes <= large) retire(bytes);
    thread_record* const   record = bytes > large ? per_thread::current_or_new() : nullptr;
    const std::scoped_lock hold(per_thread::lock());
    if (bytes > large) {
        const bool has_cell = record != nullptr && offset_.load(memory_order_relaxed) != nobodys;
        books::cancel(*this, has_cell ? &books::open(*this, *record) : nullptr, bytes);
    }
    // It counts as neither allocated nor freed. The record may have come or gone meanwhile, so what is taken off stands at home.
    home_total_ -= bytes;
    --home_count_;
}

void ledger::confirm(std::size_t bytes) noexcept { books::grant(*this, 0, static_cast<std::ptrdiff_t>(bytes)); }

void ledger::set_limit(std::size_t bytes) noexcept {
    const std::scoped_lock hold(per_thread::lock());
    const std::size_t      before = limit_.exchange(bytes);
    if (!known_) return;  // nothing was granted yet
    if (before == no_limit) {
        // Draws that began without a limit end; later ones see it and come for the lock.
        for (thread_record* record = per_thread::first_record(); record != nullptr; record = record->next) {
            while (record->drawing.load()) std::this_thread::yield();
        }
    }
    const bool too_low = bytes != no_limit && granted_.load(memory_order_relaxed) >
                                                  static_cast<std::ptrdiff_t>(std::min(bytes, ledger_cell::most));
    if (too_low || (bytes != no_limit && !can_take_back())) books::tighten(*this);
    books::loosen_where_roomy(*this);
}

usage ledger::now() const noexcept {
    const std::scoped_lock hold(per_thread::lock());
    books::totals          all;
    books::sum(*this, all);
    usage u;
    u.limit = limit();
    u.live = static_cast<std::size_t>(std::max<std::ptrdiff_t>(all.used, 0));
    u.total = all.total;
    u.count = all.count;
    u.failures = all.failures;
    u.peak = std::max(u.live, static_cast<std::size_t>(std::max<std::ptrdiff_t>(peak_.load(memory_order_relaxed), 0)));
    u.peak_error = std::min(most_holders_ * batch, u.peak - u.live);
    return u;
}

void ledger::forget_peak() noexcept {
    const std::scoped_lock hold(per_thread::lock());
    peak_.store(confirmed_.load(memory_order_relaxed), memory_order_relaxed);
    most_holders_ = holders_;
}

}  // namespace autopmr

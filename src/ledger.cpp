// How a thread may spend without locked instructions what another may take back
//
// The owner of a cell stores its claim in `used` and then looks whether the bound still allows it. Who takes credit
// back stores a bound that allows nothing, makes every thread pass a full memory barrier (os::fence_all_threads), and
// then reads `used`. Of a claim the taker did not see, the store came after the barrier, so its owner sees the closed
// bound and comes here, to wait for the lock; all other claims are counted. So after the barrier `used` is what was
// spent, and the rest can be taken. Everything that moves credit of a ledger with a limit, here or above, holds the
// lock. Without any limit a thread draws by itself; `drawing` in its record lets set_limit wait until such draws are
// through.
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
        if (alone(*this, *record, mine, [&] { books::charge_unbounded(*this, mine, bytes); })) return nullptr;
    }
    const std::scoped_lock hold(per_thread::lock());
    books::enter(*this);
    const bool    has_cell = record != nullptr && offset_.load(memory_order_relaxed) != nobodys;
    const ledger* refuser = books::charge(*this, has_cell ? &books::open(*this, *record) : nullptr, bytes);
    if (refuser != nullptr) fail();
    return refuser;
}

void ledger::settle(std::size_t bytes, std::size_t blocks) noexcept {
    ledger_cell*   mine = here();
    thread_record* record = per_thread::current_or_new();
    if (offset_.load(memory_order_relaxed) == nobodys) {
        if (mine != nullptr) {  // undo what the fast path did to nobody's cell
            mine->used.store(0, memory_order_relaxed);
            mine->freed.store(0, memory_order_relaxed);
        }
        record = nullptr;
    } else if (mine == nullptr && record != nullptr) {
        mine = here();
        mine->unspend(bytes);
        mine->freed.store(mine->freed.load(memory_order_relaxed) + blocks, memory_order_relaxed);
    }
    if (record != nullptr && alone(*this, *record, *mine, [&] { books::settle_unbounded(*this, *mine); })) return;
    const std::scoped_lock hold(per_thread::lock());
    if (record != nullptr) {
        books::settle(*this, books::open(*this, *record));
    } else {
        home_used_ -= static_cast<std::ptrdiff_t>(bytes);
        home_freed_ += blocks;
        books::grant(*this, -static_cast<std::ptrdiff_t>(bytes));
        books::loosen_where_roomy(*this);
    }
}

void ledger::cancel(std::size_t bytes) noexcept {
    fail();
    ledger_cell* mine = here();
    if (mine == nullptr || !mine->unspend(bytes)) settle(bytes, 0);
}

void ledger::commit_shared(std::size_t bytes) noexcept {
    const std::scoped_lock hold(per_thread::lock());
    home_total_ += bytes;
    ++home_count_;
}

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
    u.blocks = all.count - std::min(all.freed, all.count);
    u.failures = all.failures;
    u.peak = std::max(u.live, static_cast<std::size_t>(std::max<std::ptrdiff_t>(peak_.load(memory_order_relaxed), 0)));
    u.peak_error = std::min(most_holders_ * batch, u.peak - u.live);
    return u;
}

void ledger::forget_peak() noexcept {
    const std::scoped_lock hold(per_thread::lock());
    peak_.store(granted_.load(memory_order_relaxed), memory_order_relaxed);
    most_holders_ = holders_;
}

}  // namespace autopmr

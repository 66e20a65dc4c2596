#include "src/ledger_books.hpp"
#include "src/platform/os.hpp"

#include <algorithm>

namespace autopmr {
namespace {

using std::memory_order_relaxed;
using std::memory_order_release;

constexpr std::ptrdiff_t batch = ledger::batch;
constexpr std::ptrdiff_t boundless = PTRDIFF_MAX / 2;
constexpr std::size_t    far = PTRDIFF_MAX / 4;  // how far behind a closed bound lies

std::ptrdiff_t idle_of(const ledger_cell& cell) noexcept {
    return cell.drawn.load(memory_order_relaxed) -
           static_cast<std::ptrdiff_t>(cell.total.load(memory_order_relaxed) - cell.freed.load(memory_order_relaxed));
}

// What a thread draws beyond its need: the more it has passed, so that a small thread's peak is not all credit.
std::ptrdiff_t extra_for(const ledger_cell& cell, std::ptrdiff_t most_idle) noexcept {
    return std::min(static_cast<std::ptrdiff_t>(std::min(cell.total.load(memory_order_relaxed), far) / 4), most_idle / 2);
}

void add(std::atomic<std::ptrdiff_t>& number, std::ptrdiff_t bytes) noexcept {  // one writer at a time
    number.store(number.load(memory_order_relaxed) + bytes, memory_order_release);
}

// From here on every call of the owner comes to the slow path.
void close(ledger_cell& cell) noexcept {
    cell.most_idle.store(0, memory_order_relaxed);
    cell.total_end.store(cell.total.load(memory_order_relaxed) - far, memory_order_relaxed);
    cell.freed_end.store(cell.freed.load(memory_order_relaxed) - far, memory_order_relaxed);
}

// As many bytes may pass as there is credit for, and as many go as it may keep.
void arm(ledger_cell& cell, std::ptrdiff_t most_idle) noexcept {
    const std::ptrdiff_t idle = std::clamp<std::ptrdiff_t>(idle_of(cell), 0, most_idle);
    cell.most_idle.store(most_idle, memory_order_relaxed);
    cell.total_end.store(cell.total.load(memory_order_relaxed) + static_cast<std::size_t>(idle) + 1, memory_order_relaxed);
    cell.freed_end.store(
        cell.freed.load(memory_order_relaxed) + static_cast<std::size_t>(most_idle - idle) + 1, memory_order_relaxed);
}

// Owner only. A bound that a charge or retire can have run into lies just behind; a closed one lies far off.
bool move(std::atomic<std::size_t>& end, std::size_t at, std::size_t by) noexcept {
    std::size_t old = end.load(memory_order_relaxed);
    if (static_cast<std::ptrdiff_t>(at - old) > static_cast<std::ptrdiff_t>(far / 2)) return false;
    return end.compare_exchange_strong(old, at + by + 1);
}

void spend(ledger_cell& cell, std::size_t bytes) noexcept {
    cell.total.store(cell.total.load(memory_order_relaxed) + bytes, memory_order_release);
    cell.count.store(cell.count.load(memory_order_relaxed) + 1, memory_order_relaxed);
}

}  // namespace

bool books::move_total_end(ledger_cell& cell, std::size_t bytes) noexcept {
    const std::ptrdiff_t idle = idle_of(cell), most = cell.most_idle.load(memory_order_relaxed);
    if (most == 0 || idle < most / 4 || idle < static_cast<std::ptrdiff_t>(bytes)) return false;
    return move(cell.total_end, cell.total.load(memory_order_relaxed), static_cast<std::size_t>(idle));
}

bool books::move_freed_end(ledger_cell& cell) noexcept {
    const std::ptrdiff_t idle = idle_of(cell), most = cell.most_idle.load(memory_order_relaxed);
    if (most == 0 || idle > most - most / 4) return false;
    return move(cell.freed_end, cell.freed.load(memory_order_relaxed), static_cast<std::size_t>(most - idle));
}

bool books::bounded(const ledger& l) noexcept {
    for (const ledger* up = &l; up != nullptr; up = up->parent_) {
        if (up->limit() != ledger::no_limit) return true;
    }
    return false;
}

bool books::tight(const ledger& l) noexcept {
    for (const ledger* up = &l; up != nullptr; up = up->parent_) {
        if (up->tight_) return true;
    }
    return false;
}

std::ptrdiff_t books::room(const ledger& l) noexcept {
    const std::size_t limit = l.limit();
    if (limit == ledger::no_limit) return boundless;
    return static_cast<std::ptrdiff_t>(std::min(limit, ledger_cell::most)) - l.granted_.load(memory_order_relaxed);
}

// The most idle credit that a thread may keep here: less where a limit is small for the threads that share it.
std::ptrdiff_t books::most_idle(const ledger& l) noexcept {
    std::ptrdiff_t most = batch;
    for (const ledger* up = &l; up != nullptr; up = up->parent_) {
        const auto share = std::min(up->limit(), ledger_cell::most) / (8 * std::max<std::size_t>(up->holders_, 1));
        most = std::min(most, static_cast<std::ptrdiff_t>(share));
    }
    return most;
}

void books::grant(ledger& l, std::ptrdiff_t bytes, std::ptrdiff_t confirmed) noexcept {
    for (ledger* up = &l; up != nullptr; up = up->parent_) {
        if (bytes != 0) up->granted_.fetch_add(bytes, memory_order_relaxed);
        if (confirmed == 0) continue;
        const std::ptrdiff_t now = up->confirmed_.fetch_add(confirmed, memory_order_relaxed) + confirmed;
        std::ptrdiff_t       peak = up->peak_.load(memory_order_relaxed);
        while (now > peak && !up->peak_.compare_exchange_weak(peak, now, memory_order_relaxed)) {
        }
    }
}

void books::top_up_unbounded(ledger& l, ledger_cell& cell) noexcept {
    const std::ptrdiff_t lack = extra_for(cell, batch) - idle_of(cell);
    if (lack > 0) {
        grant(l, lack);
        add(cell.drawn, lack);
    }
    arm(cell, batch);
}

void books::charge_unbounded(ledger& l, ledger_cell& cell, std::size_t bytes) noexcept {
    const std::ptrdiff_t lack = std::max<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(bytes) - idle_of(cell), 0);
    grant(l, lack, lack - unconfirmed(bytes));
    add(cell.drawn, lack);
    spend(cell, bytes);
    top_up_unbounded(l, cell);
}

void books::add_at_home(ledger& l, std::size_t bytes, std::ptrdiff_t unconfirmed) noexcept {
    l.home_used_ += static_cast<std::ptrdiff_t>(bytes);
    l.home_total_ += bytes;
    ++l.home_count_;
    grant(l, static_cast<std::ptrdiff_t>(bytes), static_cast<std::ptrdiff_t>(bytes) - unconfirmed);
}

void books::cancel(ledger& l, ledger_cell* cell, std::size_t bytes) noexcept {
    const auto gone = static_cast<std::ptrdiff_t>(bytes);
    grant(l, -gone, 0);
    if (cell == nullptr) {
        l.home_used_ -= gone;
    } else {
        cell->freed.store(cell->freed.load(memory_order_relaxed) + bytes, memory_order_relaxed);
        add(cell->drawn, -gone);
        settle(l, *cell);
    }
    loosen_where_roomy(l);
}

void books::settle_unbounded(ledger& l, ledger_cell& cell) noexcept {
    if (const std::ptrdiff_t idle = idle_of(cell); idle > batch - batch / 4) {
        grant(l, batch / 2 - idle);
        add(cell.drawn, batch / 2 - idle);
    }
    arm(cell, batch);
}

const ledger* books::charge(ledger& l, ledger_cell* cell, std::size_t bytes) noexcept {
    // Without the fence it still has what it was lent before: under a new limit that may be too much.
    if (cell != nullptr && tight(l)) settle(l, *cell);
    const auto     need = static_cast<std::ptrdiff_t>(bytes);
    std::ptrdiff_t lack = 0;
    for (;;) {
        lack = cell == nullptr ? need : need - idle_of(*cell);
        ledger* full = nullptr;
        for (ledger* up = &l; up != nullptr && full == nullptr; up = up->parent_) {
            if (lack > 0 && room(*up) < lack) full = up;
        }
        if (full == nullptr) break;
        if (full->tight_ || bytes > full->limit()) return full;
        tighten(*full);  // others may hold what is missing
    }
    if (cell == nullptr) {
        add_at_home(l, bytes, unconfirmed(bytes));
        return nullptr;
    }
    std::ptrdiff_t extra = tight(l) ? 0 : extra_for(*cell, most_idle(l));
    for (ledger* up = &l; up != nullptr; up = up->parent_) {
        // Near a limit the draws taper off, so that what is left is shared.
        extra = std::min(extra, (room(*up) - std::max<std::ptrdiff_t>(lack, 0)) /
                                    static_cast<std::ptrdiff_t>(2 * std::max<std::size_t>(up->holders_, 1)));
    }
    const std::ptrdiff_t more = std::max<std::ptrdiff_t>(lack + extra, 0);
    grant(l, more, more - unconfirmed(bytes));
    add(cell->drawn, more);
    spend(*cell, bytes);
    settle(l, *cell);
    return nullptr;
}

void books::settle(ledger& l, ledger_cell& cell) noexcept {
    const std::ptrdiff_t most = tight(l) ? 0 : most_idle(l), idle = idle_of(cell);
    if (idle > most - most / 4) {
        grant(l, most / 2 - idle);
        add(cell.drawn, most / 2 - idle);
        loosen_where_roomy(l);
    }
    if (tight(l)) close(cell);
    else arm(cell, most);
}

void books::close_below(ledger& l) noexcept {
    const std::uint32_t offset = l.offset_.load(memory_order_relaxed);
    for (thread_record* record = per_thread::first_record(); record != nullptr; record = record->next) {
        if (offset != ledger::nobodys && offset < record->cells_end &&
            record->cell(offset).touched.load(memory_order_relaxed))
            close(record->cell(offset));
    }
    for (ledger* below = l.child_; below != nullptr; below = below->sibling_) close_below(*below);
}

void books::take_below(ledger& l) noexcept {
    const std::uint32_t offset = l.offset_.load(memory_order_relaxed);
    for (thread_record* record = per_thread::first_record(); record != nullptr; record = record->next) {
        if (offset == ledger::nobodys || offset >= record->cells_end) continue;
        ledger_cell& cell = record->cell(offset);
        // Less than nothing: a claim from before an earlier closing, about to be undone. It has no credit.
        if (const std::ptrdiff_t idle = idle_of(cell); idle > 0) {
            grant(l, -idle);
            add(cell.drawn, -idle);
        }
    }
    for (ledger* below = l.child_; below != nullptr; below = below->sibling_) take_below(*below);
}

void books::tighten(ledger& l) noexcept {
    l.tight_ = true;
    close_below(l);
    // Without the fence owners give back by themselves, at their next call.
    if (can_take_back()) take_below(l);
}

void books::loosen_where_roomy(ledger& l) noexcept {
    for (ledger* up = &l; up != nullptr; up = up->parent_) {
        if (!up->tight_) continue;
        const std::ptrdiff_t enough =
            2 * most_idle(*up) * static_cast<std::ptrdiff_t>(std::max<std::size_t>(up->holders_, 1));
        const bool bounded_here = up->limit() != ledger::no_limit;
        if (!bounded_here || (room(*up) > enough && can_take_back())) up->tight_ = false;
    }
}

}  // namespace autopmr

#include "src/ledger_books.hpp"
#include "src/platform/os.hpp"

#include <algorithm>

namespace autopmr {
namespace {

using std::memory_order_relaxed;
using std::memory_order_release;

constexpr std::ptrdiff_t batch = ledger::batch;
constexpr std::ptrdiff_t boundless = PTRDIFF_MAX / 2;
constexpr std::ptrdiff_t closed_ceiling = PTRDIFF_MIN, closed_floor = PTRDIFF_MAX;  // every call comes here

std::ptrdiff_t idle_of(const ledger_cell& cell) noexcept {
    return cell.drawn.load(memory_order_relaxed) - cell.used.load(memory_order_relaxed);
}

// What a thread draws beyond its need: more as it holds more, so that a small thread's peak is not all credit.
std::ptrdiff_t extra_for(const ledger_cell& cell) noexcept {
    return std::clamp<std::ptrdiff_t>(cell.used.load(memory_order_relaxed) / 8, 0, batch / 2);
}

void close(ledger_cell& cell) noexcept {
    cell.ceiling.store(closed_ceiling, memory_order_relaxed);
    cell.floor.store(closed_floor, memory_order_relaxed);
}

void add(std::atomic<std::ptrdiff_t>& own, std::ptrdiff_t bytes) noexcept {  // only one writer at a time
    own.store(own.load(memory_order_relaxed) + bytes, memory_order_release);
}

}  // namespace

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

void books::grant(ledger& l, std::ptrdiff_t bytes) noexcept {
    for (ledger* up = &l; up != nullptr; up = up->parent_) {
        const std::ptrdiff_t now = up->granted_.fetch_add(bytes, memory_order_relaxed) + bytes;
        std::ptrdiff_t       peak = up->peak_.load(memory_order_relaxed);
        while (now > peak && !up->peak_.compare_exchange_weak(peak, now, memory_order_relaxed)) {
        }
    }
}

void books::arm(ledger_cell& cell, std::ptrdiff_t idle) noexcept {
    const std::ptrdiff_t drawn = cell.drawn.load(memory_order_relaxed);
    cell.ceiling.store(drawn + 1, memory_order_relaxed);
    cell.floor.store(drawn - idle - 1, memory_order_relaxed);
}

void books::charge_unbounded(ledger& l, ledger_cell& cell, std::size_t bytes) noexcept {
    const auto need = static_cast<std::ptrdiff_t>(bytes);
    if (const std::ptrdiff_t lack = need - idle_of(cell); lack > 0) {
        const std::ptrdiff_t more = lack + extra_for(cell);
        grant(l, more);
        add(cell.drawn, more);
    }
    arm(cell, batch);
    add(cell.used, need);
}

void books::settle_unbounded(ledger& l, ledger_cell& cell) noexcept {
    if (const std::ptrdiff_t idle = idle_of(cell); idle > batch) {
        grant(l, batch / 2 - idle);
        add(cell.drawn, batch / 2 - idle);
    }
    arm(cell, batch);
}

const ledger* books::charge(ledger& l, ledger_cell* cell, std::size_t bytes) noexcept {
    const auto     need = static_cast<std::ptrdiff_t>(bytes);
    std::ptrdiff_t lack = 0;
    for (;;) {
        lack = cell == nullptr ? need : need - idle_of(*cell);
        ledger* full = nullptr;
        for (ledger* up = &l; up != nullptr && full == nullptr; up = up->parent_) {
            if (lack > 0 && room(*up) < lack) full = up;
        }
        if (full == nullptr) break;
        if (full->tight_) return full;
        tighten(*full);  // others may hold what is missing
    }
    if (cell == nullptr) {
        l.home_used_ += need;
        grant(l, need);
        return nullptr;
    }
    if (lack > 0) {
        std::ptrdiff_t extra = tight(l) ? 0 : extra_for(*cell);
        for (ledger* up = &l; up != nullptr && extra > 0; up = up->parent_) {
            // Near a limit the draws taper off, so that what is left is shared.
            const auto sharers = static_cast<std::ptrdiff_t>(2 * up->holders_);
            extra = std::min({extra, most_idle(*up) / 2, (room(*up) - lack) / sharers});
        }
        grant(l, lack + extra);
        add(cell->drawn, lack + extra);
    }
    add(cell->used, need);
    settle(l, *cell);
    return nullptr;
}

void books::settle(ledger& l, ledger_cell& cell) noexcept {
    const std::ptrdiff_t idle = idle_of(cell);
    const std::ptrdiff_t most = tight(l) ? 0 : most_idle(l);
    if (idle > most) {
        grant(l, most / 2 - idle);
        add(cell.drawn, most / 2 - idle);
        loosen_where_roomy(l);
    }
    if (tight(l)) close(cell);
    else arm(cell, most_idle(l));
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

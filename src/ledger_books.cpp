#include "src/ledger_books.hpp"

#include "src/platform/os.hpp"

#include <algorithm>
#include <bit>

namespace autopmr {
namespace {

using std::memory_order_acquire;
using std::memory_order_relaxed;

constinit ledger* all_ledgers = nullptr;

// Which rows of cells are taken. The first two are the record's header and nobody's.
constinit std::uint64_t rows_taken[per_thread::cells_bytes / sizeof(ledger_cell) / 64] = {3};

std::uint32_t take_row() noexcept {
    std::uint32_t offset = 0;
    for (std::uint64_t& word : rows_taken) {
        if (word != UINT64_MAX) {
            const int bit = std::countr_one(word);
            word |= std::uint64_t{1} << bit;
            return offset + static_cast<std::uint32_t>(bit * sizeof(ledger_cell));
        }
        offset += 64 * sizeof(ledger_cell);
    }
    return 0;
}

void leave_row(std::uint32_t offset) noexcept {
    const auto row = offset / sizeof(ledger_cell);
    rows_taken[row / 64] &= ~(std::uint64_t{1} << row % 64);
}

void zero(ledger_cell& cell) noexcept {
    for (auto* word : {&cell.total, &cell.count, &cell.freed, &cell.total_end, &cell.freed_end})
        word->store(0, memory_order_relaxed);
    for (auto* word : {&cell.drawn, &cell.most_idle}) word->store(0, memory_order_relaxed);
    cell.touched.store(false, memory_order_relaxed);
}

// In use by a cell, and never more than is drawn: beyond lies a claim that its owner is about to undo.
std::ptrdiff_t used_of(const ledger_cell& cell) noexcept {
    std::size_t total = cell.total.load(memory_order_acquire), freed = 0;
    for (int tries = 0; tries != 8; ++tries) {  // both at one instant, unless the owner is very busy
        freed = cell.freed.load(memory_order_acquire);
        const std::size_t again = cell.total.load(memory_order_acquire);
        if (again == total) break;
        total = again;
    }
    return std::min(static_cast<std::ptrdiff_t>(total - freed), cell.drawn.load(memory_order_relaxed));
}

std::atomic<bool> no_fence{false};

}  // namespace

bool can_take_back() noexcept { return !no_fence.load(memory_order_relaxed) && os::fence_all_threads(); }
void pretend_no_fence(bool on) noexcept { no_fence.store(on, memory_order_relaxed); }

void books::enter(ledger& l) noexcept {
    if (l.known_) return;
    if (l.parent_ != nullptr) {
        enter(*l.parent_);
        l.sibling_ = l.parent_->child_;
        l.parent_->child_ = &l;
    }
    l.next_ = all_ledgers;
    all_ledgers = &l;
    l.known_ = true;
    l.tight_ = l.limit() != ledger::no_limit && !can_take_back();
    // Released to who reads it and so reaches the cells of that row, which another ledger may have had.
    if (const std::uint32_t offset = take_row(); offset != 0) l.offset_.store(offset, std::memory_order_release);
}

void books::leave(ledger& l) noexcept {
    if (l.parent_ != nullptr) {  // what was ever allocated stays counted above
        totals past;
        sum(l, past);
        l.parent_->home_total_ += past.total;
        l.parent_->home_count_ += past.count;
        l.parent_->failures_.fetch_add(past.failures, memory_order_relaxed);
    }
    const std::uint32_t offset = l.offset_.load(memory_order_relaxed);
    if (offset != ledger::nobodys) {
        for (thread_record* record = per_thread::first_record(); record != nullptr; record = record->next) {
            if (offset < record->cells_end) zero(record->cell(offset));
        }
        leave_row(offset);
    }
    grant(l, -l.granted_.load(memory_order_relaxed), -l.confirmed_.load(memory_order_relaxed));
    if (l.parent_ != nullptr) {
        for (ledger* above = l.parent_; above != nullptr; above = above->parent_) above->holders_ -= l.holders_;
        ledger** link = &l.parent_->child_;
        while (*link != &l) link = &(*link)->sibling_;
        *link = l.sibling_;
        loosen_where_roomy(*l.parent_);
    }
    ledger** link = &all_ledgers;
    while (*link != &l) link = &(*link)->next_;
    *link = l.next_;
}

ledger_cell& books::open(ledger& l, thread_record& record) noexcept {
    const std::uint32_t offset = l.offset_.load(memory_order_relaxed);
    ledger_cell&        cell = record.cell(offset);
    if (!cell.touched.load(memory_order_relaxed)) {
        cell.touched.store(true, memory_order_relaxed);
        record.cells_end = std::max<std::uint32_t>(record.cells_end, offset + sizeof(ledger_cell));
        for (ledger* up = &l; up != nullptr; up = up->parent_) {
            up->most_holders_ = std::max(up->most_holders_, ++up->holders_);
        }
    }
    return cell;
}

void books::fold(ledger& l, ledger_cell& cell) noexcept {
    if (!cell.touched.load(memory_order_relaxed)) return;
    const std::ptrdiff_t drawn = cell.drawn.load(memory_order_relaxed);
    const std::ptrdiff_t used = used_of(cell);
    l.home_used_ += used;
    l.home_total_ += cell.total.load(memory_order_relaxed);
    l.home_count_ += cell.count.load(memory_order_relaxed);
    for (ledger* up = &l; up != nullptr; up = up->parent_) --up->holders_;
    grant(l, used - drawn);
    zero(cell);
    loosen_where_roomy(l);
}

void books::close_record(thread_record& record) noexcept {
    for (ledger* l = all_ledgers; l != nullptr; l = l->next_) {
        const std::uint32_t offset = l->offset_.load(memory_order_relaxed);
        if (offset != ledger::nobodys && offset < record.cells_end) fold(*l, record.cell(offset));
    }
    record.cells_end = 0;
}

void books::count_grants_anew() noexcept {
    for (ledger* l = all_ledgers; l != nullptr; l = l->next_) {
        l->granted_.store(0, memory_order_relaxed);
        l->confirmed_.store(0, memory_order_relaxed);  // a charge that was under way stays, as its block would
    }
    for (ledger* l = all_ledgers; l != nullptr; l = l->next_) {
        const std::uint32_t offset = l->offset_.load(memory_order_relaxed);
        std::ptrdiff_t      drawn = l->home_used_;
        for (thread_record* record = per_thread::first_record(); record != nullptr; record = record->next) {
            if (offset != ledger::nobodys && offset < record->cells_end)
                drawn += record->cell(offset).drawn.load(memory_order_relaxed);
        }
        grant(*l, drawn);
    }
}

void books::sum(const ledger& l, totals& all) noexcept {
    all.used += l.home_used_;
    all.total += l.home_total_;
    all.count += l.home_count_;
    all.failures += l.failures_.load(memory_order_relaxed);
    const std::uint32_t offset = l.offset_.load(memory_order_relaxed);
    for (thread_record* record = per_thread::first_record(); record != nullptr; record = record->next) {
        if (offset == ledger::nobodys || offset >= record->cells_end) continue;
        const ledger_cell& cell = record->cell(offset);
        all.used += used_of(cell);
        all.total += cell.total.load(memory_order_relaxed);
        all.count += cell.count.load(memory_order_relaxed);
    }
    for (const ledger* below = l.child_; below != nullptr; below = below->sibling_) sum(*below, all);
}

}  // namespace autopmr

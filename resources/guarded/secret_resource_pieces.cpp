// The pieces of a secret_resource: mapped, found by where they begin, sealed, retired and given back.
#include "secret_resource_store.hpp"

#include "src/support/wipe.hpp"

#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>

namespace autopmr {
namespace {

secret_protection holding(const os::secret_outcome& outcome) noexcept {
    using enum secret_protection;
    return (outcome.locked == 0 ? locked : none) | (outcome.not_dumped == 0 ? not_dumped : none) | (outcome.not_forked == 0 ? not_forked : none) |
           (outcome.hidden == 0 ? hidden_from_kernel : none);
}

}  // namespace

secret_piece* secret_store::new_piece() noexcept {
    if (unused_ == nullptr) {
        void* const memory = os::map_pages(sizeof(piece_page));
        if (memory == nullptr) return nullptr;
        auto* const page = ::new (memory) piece_page;
        for (secret_piece& one : page->pieces) one.next = std::exchange(unused_, &one);
        page->next.store(pages_.load(std::memory_order_relaxed), std::memory_order_relaxed);
        pages_.store(page, std::memory_order_release);
    }
    secret_piece* const one = unused_;
    unused_ = one->next;
    one->next = one->previous = nullptr;
    one->readers = one->writers = 0;
    one->base = secret_access::read_write;
    one->access.store(secret_access::read_write, std::memory_order_relaxed);
    one->serial = ++serial_;
    return one;
}

secret_piece* secret_store::map(std::size_t bytes, std::size_t alignment, piece_kind kind, refusal& why) noexcept {
    why = {};
    if (!widen_table()) return nullptr;
    secret_piece* const one = new_piece();
    if (one == nullptr) return nullptr;
    const bool         described = kind != piece_kind::slab || make_slots(*one);
    os::secret_outcome outcome;
    auto* const        pages = !described ? nullptr : static_cast<char*>(os::map_secret_pages(bytes, alignment, options_.hidden, outcome));
    if (pages != nullptr) {
        const std::pair<secret_protection, int> all[] = {{secret_protection::locked, outcome.locked}, {secret_protection::not_dumped, outcome.not_dumped},
            {secret_protection::not_forked, outcome.not_forked}, {secret_protection::hidden_from_kernel, outcome.hidden}};
        for (const auto& [which, reason] : all)
            if (reason != 0 && why.which == secret_protection::none && has(options_.require | secret_protection::locked, which)) why = {which, reason};
        if (why.which == secret_protection::none) {
            one->slot_bytes = 0;
            one->live = 0;
            one->holds = holding(outcome);
            one->bytes.store(bytes, std::memory_order_relaxed);
            one->kind.store(kind, std::memory_order_relaxed);
            one->begin.store(pages, std::memory_order_release);
            forget(reinterpret_cast<std::uintptr_t>(pages));  // a parent's, whose place in this child was not to be held
            remember(reinterpret_cast<std::uintptr_t>(pages), one);
            usage_.locked_bytes += bytes;
            return one;
        }
        os::unmap_secret_pages(pages, bytes);
    }
    one->next = std::exchange(unused_, one);
    return nullptr;
}

secret_piece* secret_store::map_or_make_room(std::size_t bytes, std::size_t alignment, piece_kind kind, refusal& why) noexcept {
    if (secret_piece* const one = map(bytes, alignment, kind, why)) return one;
    return give_back_unused() ? map(bytes, alignment, kind, why) : nullptr;
}

void secret_store::unmap(secret_piece& piece) noexcept {
    char* const       begin = piece.begin.load(std::memory_order_relaxed);
    const std::size_t bytes = piece.bytes.load(std::memory_order_relaxed);
    const piece_kind  kind = piece.kind.exchange(piece_kind::unused, std::memory_order_relaxed);
    if (kind == piece_kind::slab || kind == piece_kind::own || kind == piece_kind::cached) {
        if (kind == piece_kind::slab || os::protect_secret_pages(begin, bytes, os::page_access::read_write)) wipe(begin, bytes);
        forget(reinterpret_cast<std::uintptr_t>(begin));
        usage_.locked_bytes -= bytes;
    }
    piece.begin.store(nullptr, std::memory_order_relaxed);
    os::unmap_secret_pages(begin, bytes);
    piece.next = std::exchange(unused_, &piece);
}

// Wiped already. Its addresses fault until 64 more were freed.
void secret_store::retire(secret_piece& piece) noexcept {
    char* const       begin = piece.begin.load(std::memory_order_relaxed);
    const std::size_t bytes = piece.bytes.load(std::memory_order_relaxed);
    if (!os::retire_secret_pages(begin, bytes)) return unmap(piece);
    forget(reinterpret_cast<std::uintptr_t>(begin));
    usage_.locked_bytes -= bytes;
    piece.serial = ++serial_;  // windows that are still open are windows to nothing
    piece.kind.store(piece_kind::retired, std::memory_order_relaxed);
    secret_piece*& place = retired_[retired_next_++ % most_retired];
    if (place != nullptr) unmap(*place);
    place = &piece;
}

// A mapping costs tens of microseconds, closing and opening one a few. A block that was freed still faults until as many more were.
void secret_store::keep(secret_piece& piece) noexcept {
    piece.base = secret_access::none;
    piece.readers = piece.writers = 0;
    if (piece.bytes.load(std::memory_order_relaxed) != page_ || !set_access(piece)) return retire(piece);
    piece.serial = ++serial_;
    piece.kind.store(piece_kind::cached, std::memory_order_relaxed);
    secret_piece*& place = cached_[cached_next_++ % most_cached];
    if (place != nullptr) retire(*place);
    place = &piece;
}

secret_piece* secret_store::kept() noexcept {
    secret_piece* const piece = std::exchange(cached_[cached_next_ % most_cached], nullptr);
    if (piece == nullptr) return nullptr;  // fewer than that were freed
    piece->base = secret_access::read_write;
    if (!set_access(*piece)) return retire(*piece), nullptr;
    piece->kind.store(piece_kind::own, std::memory_order_relaxed);
    return piece;
}

bool secret_store::give_back_unused() noexcept {
    bool some = spare_ != nullptr;
    if (some) unmap(*std::exchange(spare_, nullptr));
    for (secret_piece*& one : cached_)
        if (one != nullptr) {
            unmap(*std::exchange(one, nullptr));
            some = true;
        }
    for (secret_piece*& first : with_room_)
        for (secret_piece *one = first, *next = nullptr; one != nullptr; one = next) {
            next = one->next;
            if (one->live != 0) continue;
            unlist(*one);
            unmap(*one);
            some = true;
        }
    return some;
}

bool secret_store::set_access(secret_piece& piece) noexcept {
    const secret_access wanted = piece.writers != 0 ? secret_access::read_write : std::max(piece.base, piece.readers != 0 ? secret_access::read : secret_access::none);
    if (wanted == piece.access.load(std::memory_order_relaxed)) return true;
    if (!os::protect_secret_pages(piece.begin.load(std::memory_order_relaxed), piece.bytes.load(std::memory_order_relaxed),
                                  static_cast<os::page_access>(wanted)))
        return false;
    piece.access.store(wanted, std::memory_order_relaxed);
    return true;
}

// The table: open addresses, at most half full; a place that is left is closed by moving up what follows.
secret_piece* secret_store::find(std::uintptr_t begin) const noexcept {
    if (table_ == nullptr) return nullptr;
    for (std::size_t i = place_of(begin);; ++i) {
        secret_piece* const one = table_[i & (table_places_ - 1)];
        if (one == nullptr || reinterpret_cast<std::uintptr_t>(one->begin.load(std::memory_order_relaxed)) == begin) return one;
    }
}

void secret_store::remember(std::uintptr_t begin, secret_piece* piece) noexcept {
    std::size_t i = place_of(begin);
    while (table_[i & (table_places_ - 1)] != nullptr) ++i;
    table_[i & (table_places_ - 1)] = piece;
    ++table_used_;
}

void secret_store::forget(std::uintptr_t begin) noexcept {
    const std::size_t mask = table_places_ - 1;
    std::size_t       hole = place_of(begin) & mask;
    const auto at = [&](std::size_t i) { return reinterpret_cast<std::uintptr_t>(table_[i]->begin.load(std::memory_order_relaxed)); };
    while (table_[hole] != nullptr && at(hole) != begin) hole = (hole + 1) & mask;
    if (table_[hole] == nullptr) return;
    for (std::size_t i = (hole + 1) & mask; table_[i] != nullptr; i = (i + 1) & mask) {
        const std::size_t home = place_of(at(i)) & mask;
        if (((i - home) & mask) < ((i - hole) & mask)) continue;
        table_[hole] = table_[i];
        hole = i;
    }
    table_[hole] = nullptr;
    --table_used_;
}

bool secret_store::widen_table() noexcept {
    if (2 * (table_used_ + 1) <= table_places_) return true;
    const std::size_t places = table_places_ == 0 ? page_ / sizeof(secret_piece*) : 2 * table_places_;
    auto* const       wider = static_cast<secret_piece**>(os::map_pages(places * sizeof(secret_piece*)));
    if (wider == nullptr) return false;
    secret_piece** const before = std::exchange(table_, wider);
    const std::size_t    places_before = std::exchange(table_places_, places);
    table_shift_ = 64;
    for (std::size_t n = places; n != 1; n /= 2) --table_shift_;
    table_used_ = 0;
    for (std::size_t i = 0; i != places_before; ++i)
        if (before[i] != nullptr) remember(reinterpret_cast<std::uintptr_t>(before[i]->begin.load(std::memory_order_relaxed)), before[i]);
    if (before != nullptr) os::unmap_pages(before, places_before * sizeof(secret_piece*));
    return true;
}

}  // namespace autopmr

#include <autopmr/guard_pool.hpp>

#include <autopmr/errors.hpp>

#include "src/guard_pool_state.hpp"
#include "src/platform/os.hpp"
#include "src/support/per_thread.hpp"

#include <bit>
#include <mutex>
#include <new>

namespace autopmr {
namespace {

constexpr std::size_t least_region = std::size_t{4} << 20;

std::size_t first_region() noexcept {
    if constexpr (sizeof(void*) < 8) return std::size_t{16} << 20;
    // ThreadSanitizer leaves a program little of its address space.
    else return std::size_t{os::sanitizer_runtime() == "thread" ? 1u : 64u} << 30;
}

struct books_layout {
    std::size_t page, state, table, owners, stacks, open_end, slots, slots_end;

    books_layout(std::size_t page_size, std::uint64_t most_slots) noexcept : page(page_size) {
        state = page;  // between pages that nobody may touch, as the slots are
        table = whole(state + sizeof(guard_pool_state));
        owners = whole(table + std::size_t{guard_layout::classes} * guard_layout::most_chunks * sizeof(std::uint32_t));
        stacks = whole(owners + guard_owners::bytes);
        open_end = whole(stacks + stack_store::bytes);
        slots = open_end + page;
        slots_end = whole(slots + static_cast<std::size_t>(most_slots) * sizeof(guard_slot));
    }
    [[nodiscard]] std::size_t whole(std::size_t bytes) const noexcept { return (bytes + page - 1) & ~(page - 1); }
    [[nodiscard]] std::size_t bytes() const noexcept { return slots_end + page; }
};

bool reserve(std::size_t region, guard_pool_state::pages& out) noexcept {
    const std::size_t  page = os::page_size();
    const guard_layout layout(0, region, page);
    const books_layout books(page, layout.most_slots());
    void* const        blocks = os::reserve_pages(layout.bytes());
    if (blocks == nullptr) return false;
    auto* const kept = static_cast<char*>(os::reserve_pages(books.bytes()));
    out = {reinterpret_cast<std::uintptr_t>(blocks), region, kept, books.bytes(), kept + books.slots};
    if (kept != nullptr && os::open_pages(kept + books.state, books.open_end - books.state)) return true;
    os::unmap_pages(blocks, layout.bytes());
    if (kept != nullptr) os::unmap_pages(kept, books.bytes());
    return false;
}

void give_up(const guard_pool_state::pages& where) noexcept {
    os::unmap_pages(reinterpret_cast<void*>(where.blocks), where.region * guard_layout::classes);
    os::unmap_pages(where.books, where.books_bytes);
}

/// As much address space as it wants, or a quarter of what there is: the rest of the program needs some too.
bool reserve_some(guard_pool_state::pages& out) noexcept {
    const std::size_t first = first_region();
    for (std::size_t region = first; region >= least_region; region /= 2) {
        if (!reserve(region, out)) continue;
        if (region == first || region < 4 * least_region) return true;
        give_up(out);
        return reserve(region / 4, out);
    }
    return false;
}

bool has_markers() noexcept {
    const std::size_t page = os::page_size();
    void* const       pages = os::reserve_pages(page);
    if (pages == nullptr) return false;
    const bool works = os::open_pages(pages, page) && os::guard_pages(pages, page) && os::unguard_pages(pages, page);
    os::unmap_pages(pages, page);
    return works;
}

std::uint64_t random_key(const void* books) noexcept {
    if (const std::uint64_t drawn = os::random_key(); drawn != 0) return drawn;
    return (os::clock_ticks() ^ reinterpret_cast<std::uintptr_t>(books) ^ os::process_number()) * 0x9E3779B97F4A7C15u;
}

}  // namespace

guard_pool_state::guard_pool_state(const guard_pool_options& wanted, const pages& place) noexcept
    : options(wanted), layout(place.blocks, place.region, os::page_size()), where(place),
      slots(reinterpret_cast<guard_slot*>(place.slots)),
      chunk_table(reinterpret_cast<std::atomic<std::uint32_t>*>(place.books + books_layout(layout.page(), 0).table)),
      owners(place.books + books_layout(layout.page(), 0).owners), stacks(place.books + books_layout(layout.page(), 0).stacks),
      markers(wanted.guard_markers && has_markers()), budget(wanted.vma_budget != 0 ? wanted.vma_budget : os::most_mappings() / 2),
      key(random_key(place.books)) {}

guard_pool::guard_pool(const guard_pool_options& options) {
    guard_pool_state::pages where{};
    if (!reserve_some(where)) throw_out_of_memory(least_region * guard_layout::classes, os::page_size(), "guard_pool");
    state_ = ::new (where.books + books_layout(os::page_size(), 0).state) guard_pool_state(options, where);
    begin_ = where.blocks;
    size_ = state_->layout.bytes();
    // A huge page would hold what lies between two guards.
    if (state_->markers) os::keep_pages_small(reinterpret_cast<void*>(begin_), size_);
    fault_sources::join(*state_);
}

guard_pool::~guard_pool() {
    state_->verify(0);
    fault_sources::leave(*state_);
    const guard_pool_state::pages where = state_->where;
    state_->~guard_pool_state();
    give_up(where);
}

bool guard_pool::enlist(guard_owner& owner) noexcept {
    owner.number = state_->owners.enlist(owner);
    return owner.number != 0;
}

void guard_pool::dismiss(guard_owner& owner) noexcept {
    if (owner.number != 0) state_->dismiss(owner);
    owner.number = 0;
}

void* guard_pool::allocate(std::size_t bytes, std::size_t alignment, const guard_owner& owner, const void* caller) noexcept {
    guard_pool_state& s = *state_;
    if (alignment > guard_layout::most_alignment || bytes > PTRDIFF_MAX) return nullptr;
    const unsigned k = s.layout.class_for(bytes, alignment);
    if (k == guard_layout::classes) return nullptr;
    const guard_pool_state::taken one = s.take(k);
    if (one.slot == nullptr) return nullptr;
    const std::uint64_t sequence = s.sequence.fetch_add(1, std::memory_order_relaxed) + 1;
    const bool before = s.options.placement == guard_placement::before ||
                        (s.options.placement == guard_placement::alternate && one.number % 2 == 0);
    const std::uintptr_t block = before || k == 0 ? (one.base + (alignment - 1)) & ~(alignment - 1)
                                                  : (one.base + s.layout.data_bytes(k) - bytes) & ~(alignment - 1);
    const std::uintptr_t from = s.page_of(block), to = bytes != 0 ? s.page_of(block + bytes + s.layout.page() - 1) : from;
    if (!s.open_range(k, from, to)) {
        s.give_back(one, k);
        return nullptr;
    }
    one.slot->block = block;
    one.slot->bytes = bytes;
    s.slack(*one.slot).fill();
    std::uint32_t stack = 0;
    s.note_stack(caller, stack);
    one.slot->stack = stack;
    one.slot->free_stack = 0;
    one.slot->thread = static_cast<std::uint32_t>(per_thread::number());
    one.slot->sequence = sequence;
    s.live_bytes.fetch_add(bytes, std::memory_order_relaxed);
    one.slot->become(slot_word::make(slot_state::live, owner.number, static_cast<unsigned>(std::countr_zero(alignment))));
    return reinterpret_cast<void*>(block);
}

guarded_block guard_pool::find(const void* address) const noexcept {
    guard_place place;
    if (!contains(address) || !state_->layout.locate(reinterpret_cast<std::uintptr_t>(address), place)) return {};
    const guard_slot* const one = state_->find(place);
    const slot_word         word = one != nullptr ? one->look() : slot_word{};
    if (!word.known() || (place.of_class != 0 && place.offset > state_->layout.data_bytes(place.of_class))) return {};
    return {reinterpret_cast<void*>(static_cast<std::uintptr_t>(one->block)), one->bytes, word.alignment(),
            word.live() ? block_state::live : block_state::freed, word.owner()};
}

std::size_t guard_pool::verify() noexcept { return state_->verify(0); }
std::size_t guard_pool::verify(const guard_owner& owner) noexcept { return state_->verify(owner.number); }

guard_pool_usage guard_pool::usage() const noexcept {
    const std::scoped_lock hold(state_->lists);
    return {state_->live.load(std::memory_order_relaxed), state_->live_bytes.load(std::memory_order_relaxed), state_->waiting.size,
            state_->mappings(), state_->markers};
}

bool guard_pool::recycle(std::size_t bytes, std::size_t alignment) noexcept {
    const unsigned k = alignment <= guard_layout::most_alignment ? state_->layout.class_for(bytes, alignment) : guard_layout::classes;
    return k != guard_layout::classes && state_->hurry(k);
}

}  // namespace autopmr

#include "src/support/chunk_heap.hpp"

#include "src/support/announce.hpp"

#include <algorithm>
#include <bit>

namespace autopmr {
namespace {

constexpr std::size_t   least_chunk = 1024, most_chunk = std::size_t{4} << 20;
constexpr std::uint32_t extension = 4096;  // bytes that are put on a free list at a time: what is not needed is not touched

// How far from its header a chunk's first block stands: so that each is aligned as its size lets it be.
std::uint32_t first_block(std::uintptr_t header, std::size_t bytes) noexcept {
    const std::size_t natural = bytes & (~bytes + 1);
    return static_cast<std::uint32_t>(((header + sizeof(chunk) + natural - 1) & ~(natural - 1)) - header);
}

char* at(chunk& c, std::uint32_t offset) noexcept { return reinterpret_cast<char*>(&c) + offset; }

}  // namespace

unsigned size_classes::of(std::size_t bytes) noexcept {
    if (bytes <= 64) return static_cast<unsigned>((bytes + 7) / 8);
    if (bytes <= small) return static_cast<unsigned>((bytes + 15) / 16 + 4);
    const auto width = static_cast<unsigned>(std::bit_width(bytes - 1));  // at least 11
    return first_medium + 4 * (width - 11) + static_cast<unsigned>((bytes - 1) >> (width - 3)) - 4;
}

std::size_t size_classes::bytes_of(unsigned index) noexcept {
    if (index <= 8) return index * 8;
    if (index < first_medium) return (index - 4) * 16;
    return (std::size_t{5} + (index - first_medium) % 4) << ((index - first_medium) / 4 + 8);
}

std::size_t chunk_heap::sound_chunk_bytes(std::size_t wanted) noexcept {
    return std::bit_ceil(std::clamp(wanted, least_chunk, most_chunk));
}

std::uintptr_t chunk_heap::colours_of(std::size_t chunk_bytes) noexcept {
    return (std::min<std::size_t>(chunk_bytes, std::size_t{64} << 10) / 64 - 64) & 0x3c0 & (chunk_bytes < 8192 ? 0 : ~std::size_t{0});
}

chunk_heap::chunk_heap(std::size_t chunk_bytes) noexcept
    : mask_(~(chunk_bytes - 1)), colours_(colours_of(chunk_bytes)), small_(std::min(size_classes::small, chunk_bytes / 8)),
      watched_(announce::watched()) {
    std::fill_n(at_hand_, size_classes::steps, &no_chunk);
    if (watched_) announce::pool_made(this);
}

chunk_heap::~chunk_heap() { forget(); }

void chunk_heap::forget() noexcept {
    if (!watched_) return;
    for (chunk* c = all_; c != nullptr; c = c->next_of_heap) {
        if (live_of(*c) == 0) continue;
        // The free ones among them too: which they are would take as long to find out as to say.
        for (std::uint32_t block = first_block(reinterpret_cast<std::uintptr_t>(c), c->block_bytes); block != c->fresh; block += c->block_bytes)
            announce::block_dropped(at(*c, block));
    }
    announce::pool_gone(this);
    watched_ = false;
}

// Puts some more blocks, in the order of their addresses, on the free list of a chunk that has none there.
bool chunk_heap::extend(chunk& c) noexcept {
    const std::uint32_t room = (c.end - c.fresh) / c.block_bytes;
    const std::uint32_t some = std::min(room, std::max(1u, extension / c.block_bytes));
    if (some == 0) return false;
    for (std::uint32_t i = some; i-- != 0;) {
        auto* const block = reinterpret_cast<free_block*>(at(c, c.fresh + i * c.block_bytes));
        if (watched_) announce::show(block, sizeof *block);
        block->next = c.free;
        c.free = block;
        if (watched_) announce::hide(block, c.block_bytes);
    }
    c.fresh += some * c.block_bytes;
    return true;
}

void* chunk_heap::refill(unsigned index, std::size_t bytes) noexcept {
    while (chunk* const c = lists_[index].first) {
        if (c->free != nullptr || extend(*c)) {
            free_block* const block = c->free;
            if (watched_) announce::show_as_written(block, sizeof *block);
            c->free = block->next;
            ++c->live;
            if (watched_) announce::block_given(this, block, bytes);
            return block;
        }
        unlist(*c);
        c->out = c->live;
        c->live = 1;
    }
    return nullptr;
}

void chunk_heap::taken_back(const chunk& from, const void* block) const noexcept {
    if (watched_) announce::block_taken(from.home, block, from.block_bytes);
}

chunk* chunk_heap::give(chunk& to, void* block) noexcept {
    if (watched_) announce::show(block, sizeof(free_block));
    const bool goes_on = put(to, block);
    if (watched_) announce::hide(block, to.block_bytes);
    return goes_on ? nullptr : emptied(to);
}

chunk* chunk_heap::emptied(chunk& which) noexcept {
    if (!which.listed) {
        which.live = which.out - 1;
        list(which);
    }
    if (which.live != 0) return nullptr;  // it is the first: it stays at hand
    take_out(which);
    return &which;
}

void chunk_heap::add(chunk& idle, unsigned index) noexcept {
    const std::size_t    bytes = size_classes::bytes_of(index);
    const std::uintptr_t header = reinterpret_cast<std::uintptr_t>(&idle), base = header & mask_;
    idle.free = nullptr;
    idle.live = 0;
    idle.block_bytes = static_cast<std::uint32_t>(bytes);
    idle.tag = watched_ ? 0 : tag(bytes);
    idle.home = this;
    idle.fresh = first_block(header, bytes);
    idle.end = static_cast<std::uint32_t>(base + chunk_bytes() - header);
    idle.size_class = index;
    idle.next_of_heap = all_;
    idle.previous_of_heap = nullptr;
    if (all_ != nullptr) all_->previous_of_heap = &idle;
    all_ = &idle;
    list(idle);
    if (watched_) announce::hide(at(idle, sizeof(chunk)), idle.end - sizeof(chunk));
}

chunk* chunk_heap::spare() noexcept {
    for (size_list& one : lists_) {
        // Of those that stand in a list only the first is kept when it is wholly free.
        if (one.first == nullptr || live_of(*one.first) != 0) continue;
        chunk* const free = one.first;
        take_out(*free);
        return free;
    }
    return nullptr;
}

// At the end: a chunk that has just begun to be freed waits until the others of its size are used up, and is freed further.
void chunk_heap::list(chunk& c) noexcept {
    size_list& own = lists_[c.size_class];
    c.listed = true;
    c.next = nullptr;
    c.previous = own.last;
    own.last = &c;
    if (c.previous == nullptr) return put_first(c.size_class, &c);
    c.previous->next = &c;
}

void chunk_heap::unlist(chunk& c) noexcept {
    size_list& own = lists_[c.size_class];
    c.listed = false;
    (c.next != nullptr ? c.next->previous : own.last) = c.previous;
    if (c.previous != nullptr) {
        c.previous->next = c.next;
    } else {
        --c.live;
        put_first(c.size_class, c.next);
    }
}

// One is counted for the first: so what goes back and forth at the edge of a chunk does not come here each time.
void chunk_heap::put_first(unsigned index, chunk* c) noexcept {
    lists_[index].first = c;
    if (c != nullptr) ++c->live;
    if (index >= size_classes::first_medium) return;
    const std::size_t step = size_classes::bytes_of(index) / 8;
    at_hand_[step] = c == nullptr || watched_ ? &no_chunk : c;
    if (index > 8) at_hand_[step - 1] = at_hand_[step];
}

void chunk_heap::take_out(chunk& c) noexcept {
    unlist(c);
    (c.previous_of_heap != nullptr ? c.previous_of_heap->next_of_heap : all_) = c.next_of_heap;
    if (c.next_of_heap != nullptr) c.next_of_heap->previous_of_heap = c.previous_of_heap;
    c.tag = 0;
    c.home = nullptr;
}

}  // namespace autopmr

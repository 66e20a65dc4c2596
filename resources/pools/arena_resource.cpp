#include <autopmr/pools/arena_resource.hpp>

#include <autopmr/errors.hpp>
#include <autopmr/fault_report.hpp>

#include "src/support/announce.hpp"
#include "src/support/probe.hpp"

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

namespace autopmr {
namespace {

constexpr std::size_t granule = arena_resource::granule;
constexpr std::size_t most = PTRDIFF_MAX;
constexpr std::size_t red_zone = 16;  // between blocks, where somebody watches

constexpr std::size_t round_up(std::size_t n, std::size_t to) noexcept { return (n + (to - 1)) & ~(to - 1); }
constexpr std::size_t round_down(std::size_t n, std::size_t to) noexcept { return n & ~(to - 1); }

constexpr std::size_t header = round_up(sizeof(arena_chunk), granule);
static_assert(alignof(arena_chunk) <= granule);

/// What a block takes of its chunk; of sizes that were checked.
std::size_t span(std::size_t bytes, bool watched) noexcept {
    const std::size_t least = std::max<std::size_t>(bytes, 1);
    return watched ? round_up(least, granule) + red_zone : least;
}

std::size_t size_of(const arena_chunk& chunk) noexcept { return chunk.end - reinterpret_cast<std::uintptr_t>(&chunk); }

/// The few bytes from here to where blocks begin stay hidden, so that a touch before the first block is seen.
std::uintptr_t after_header(const arena_chunk& chunk) noexcept { return reinterpret_cast<std::uintptr_t>(&chunk + 1); }

void hide(std::uintptr_t from, std::uintptr_t to) noexcept { announce::hide(reinterpret_cast<const void*>(from), to - from); }
void show(std::uintptr_t from, std::uintptr_t to) noexcept { announce::show(reinterpret_cast<const void*>(from), to - from); }

void put_after(arena_chunk& place, arena_chunk& chunk) noexcept {
    chunk.before = &place;
    chunk.after = place.after;
    if (place.after != nullptr) place.after->before = &chunk;
    place.after = &chunk;
}

void take_out(const arena_chunk& chunk) noexcept {
    chunk.before->after = chunk.after;
    if (chunk.after != nullptr) chunk.after->before = chunk.before;
}

/// Whether `chunk` is in use: `current` or before it. It is looked for, not looked at: a stale mark may lead nowhere.
bool is_used(const arena_chunk* chunk, const arena_chunk* current) noexcept {
    while (current != chunk && current != nullptr) current = current->before;
    return current != nullptr;
}

void report(fault_kind kind, const void* address, std::size_t bytes) noexcept {
    report_fault({.kind = kind, .address = address, .resource = "arena", .given_bytes = bytes});
}

}  // namespace

arena_resource::arena_resource(resource_ptr upstream) noexcept : arena_resource(nullptr, 0, {}, std::move(upstream)) {}
arena_resource::arena_resource(arena_options options, resource_ptr upstream) noexcept
    : arena_resource(nullptr, 0, options, std::move(upstream)) {}
arena_resource::arena_resource(void* buffer, std::size_t bytes, resource_ptr upstream) noexcept
    : arena_resource(buffer, bytes, {}, std::move(upstream)) {}

arena_resource::arena_resource(void* buffer, std::size_t bytes, arena_options options, resource_ptr upstream) noexcept
    : told_within_(announce::watched() ? SIZE_MAX : 0), first_{}, first_own_{}, upstream_(std::move(upstream)) {
    options_.most_chunk = round_down(std::clamp(options.most_chunk, 4 * header, most / 2), granule);
    options_.first_chunk = round_down(std::clamp(options.first_chunk, 2 * header, options_.most_chunk), granule);
    next_chunk_ = options_.first_chunk;
    const auto from = reinterpret_cast<std::uintptr_t>(buffer);
    first_.begin = round_up(from, granule);
    first_.end = std::max(round_down(from + bytes, granule), first_.begin);
    if (told_within_ != 0) hide(first_.begin, first_.end);
    here_.of = this;
    here_.current = &first_;
    here_.own = &first_own_;
    move_to(first_.begin);
}

arena_resource::~arena_resource() {
    release();
    if (told_within_ != 0) show(first_.begin, first_.end);
}

// -- allocating

void arena_resource::move_to(std::uintptr_t next) noexcept {
    here_.next = next;
    limit_ = told_within_ != 0 ? next : here_.current->end;
}

void* arena_resource::allocate_slowly(std::size_t bytes, std::size_t alignment) {
    if (!std::has_single_bit(alignment)) throw_bad_alignment(bytes, alignment, "arena");
    // Less than half: what is added below can't overflow, and the upstream is asked for nothing absurd.
    if (alignment > most / 4 || bytes > most / 4) throw_out_of_memory(bytes, alignment, "arena");
    const bool        watched = told_within_ != 0;
    const std::size_t wanted = span(bytes, watched);
    const std::size_t step = watched ? std::max(alignment, granule) : alignment;

    std::size_t padding = (0 - here_.next) & (step - 1);
    const auto  room = here_.current->end - here_.next;
    if (padding > room || wanted > room - padding) {
        const std::size_t need = round_up(header + wanted + (step > granule ? step - granule : 0), granule);
        const bool        own = need > options_.most_chunk;
        arena_chunk&      chunk = chunk_for(need, own);
        padding = (0 - chunk.begin) & (step - 1);
        if (own) {
            here_.own = &chunk;
            chunk.top = chunk.begin + padding + wanted;
            if (watched) show(chunk.begin + padding, chunk.begin + padding + bytes);
            return reinterpret_cast<void*>(chunk.begin + padding);
        }
        here_.current->top = here_.next;
        here_.current = &chunk;
        here_.next = chunk.begin;
    }
    const std::uintptr_t at = here_.next + padding;
    move_to(at + wanted);
    if (watched) show(at, at + bytes);
    return reinterpret_cast<void*>(at);
}

/// The chunk that comes after those in use: the first of the kept ones that is large enough, so that the same load as before
/// finds the same chunks in the same order; else a new one.
arena_chunk& arena_resource::chunk_for(std::size_t need, bool own) {
    arena_chunk& last = own ? *here_.own : *here_.current;
    for (arena_chunk* kept = last.after; kept != nullptr; kept = kept->after) {
        if (size_of(*kept) < need) continue;
        take_out(*kept);
        put_after(last, *kept);
        return *kept;
    }
    const std::size_t bytes = own ? need : std::min(std::max(next_chunk_, std::bit_ceil(need)), options_.most_chunk);
    void* const       memory = upstream_.allocate(bytes, granule);
    AUTOPMR_PROBE(chunk_taken, "arena", memory, bytes);
    if (!own) next_chunk_ = std::min(2 * bytes, options_.most_chunk);
    reserved_ += bytes;
    ++chunks_;
    const auto from = reinterpret_cast<std::uintptr_t>(memory);
    auto&      chunk = *::new (memory) arena_chunk{nullptr, nullptr, from + header, from + bytes, from + header};
    put_after(last, chunk);
    if (told_within_ != 0) hide(after_header(chunk), chunk.end);
    return chunk;
}

// -- the last block

void arena_resource::take_back(void* block, std::size_t bytes) noexcept {
    const auto at = reinterpret_cast<std::uintptr_t>(block);
    if (told_within_ != 0) {
        announce::hide(block, bytes);
        if (at + span(bytes, true) != here_.next) return;
    }
    // It ends where the arena stands. One that began before the chunk did was not of this size, unless it only lies next to an
    // empty beginning: a block of another chunk may end where a buffer begins.
    if (at < here_.current->begin) {
        if (here_.next != here_.current->begin) report(fault_kind::wrong_size, block, bytes);
        return;
    }
    move_to(at);
}

bool arena_resource::grow(void* block, std::size_t old_bytes, std::size_t new_bytes) noexcept {
    const auto at = reinterpret_cast<std::uintptr_t>(block);
    const bool watched = told_within_ != 0;
    if (at >= here_.current->begin && at + span(old_bytes, watched) == here_.next) {
        const std::size_t room = here_.current->end - at;
        if (new_bytes > room || span(new_bytes, watched) > room) return false;
        move_to(at + span(new_bytes, watched));
    } else if (new_bytes > old_bytes) {
        return false;
    }
    if (watched && new_bytes > old_bytes) show(at + old_bytes, at + new_bytes);
    if (watched && new_bytes < old_bytes) hide(at + new_bytes, at + old_bytes);
    return true;
}

// -- going back

void arena_resource::rollback(const position& to) noexcept {
    const auto* const address = reinterpret_cast<const void*>(to.next);
    if (to.of != this) return report(fault_kind::foreign_pointer, address, 0);
    if (to.round != here_.round || !is_used(to.current, here_.current) || !is_used(to.own, here_.own))
        return report(fault_kind::double_free, address, 0);
    // Where a last block from before the mark came back since, the arena already stands, or left that chunk, before the mark.
    position back = to;
    back.next = std::min(to.next, to.current == here_.current ? here_.next : to.current->top);
    leave(back);
}

void arena_resource::leave(const position& to) noexcept {
    if (told_within_ != 0) {
        for (const arena_chunk* c = here_.current; c != to.current; c = c->before) hide(c->begin, c->end);
        for (const arena_chunk* c = here_.own; c != to.own; c = c->before) hide(c->begin, c->end);
        hide(to.next, to.current->end);
    }
    here_.current = to.current;
    here_.own = to.own;
    move_to(to.next);
}

void arena_resource::reset() noexcept {
    position start = here_;
    start.current = &first_;
    start.own = &first_own_;
    start.next = first_.begin;
    leave(start);
    ++here_.round;
}

void arena_resource::drop_after(arena_chunk& last) noexcept {
    while (last.after != nullptr) {
        arena_chunk& chunk = *last.after;
        take_out(chunk);
        if (told_within_ != 0) show(after_header(chunk), chunk.end);
        reserved_ -= size_of(chunk);
        --chunks_;
        AUTOPMR_PROBE(chunk_given_back, "arena", &chunk, size_of(chunk));
        upstream_.deallocate(&chunk, size_of(chunk), granule);
    }
}

void arena_resource::release() noexcept {
    reset();
    drop_after(first_);
    drop_after(first_own_);
    next_chunk_ = options_.first_chunk;
}

void arena_resource::trim() noexcept {
    drop_after(*here_.current);
    drop_after(*here_.own);
    layer::trim();
}

arena_usage arena_resource::now() const noexcept {
    std::size_t used = here_.next - here_.current->begin;
    for (const arena_chunk* c = here_.current->before; c != nullptr; c = c->before) used += c->top - c->begin;
    for (const arena_chunk* c = here_.own; c != nullptr; c = c->before) used += c->top - c->begin;
    return {used, reserved_, chunks_};
}

}  // namespace autopmr

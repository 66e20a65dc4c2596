#include "src/guard_pool_state.hpp"

#include <mutex>

namespace autopmr {

guard_slot* guard_pool_state::find(const guard_place& place) const noexcept {
    const std::uint32_t first =
        chunk_table[place.of_class * guard_layout::most_chunks + place.chunk].load(std::memory_order_acquire);
    return first != 0 ? &slot(first + place.number) : nullptr;
}

void guard_pool_state::append(list& to, std::uint32_t number) noexcept {
    slot(number).next = 0;
    if (to.last != 0) slot(to.last).next = number;
    else to.first = number;
    to.last = number;
    ++to.size;
}

std::uint32_t guard_pool_state::remove_first(list& from) noexcept {
    const std::uint32_t number = from.first;
    if (number == 0) return 0;
    from.first = slot(number).next;
    if (from.first == 0) from.last = 0;
    --from.size;
    return number;
}

guard_pool_state::taken guard_pool_state::take(unsigned of_class) noexcept {
    const std::scoped_lock hold(lists);
    if (options.most_live != 0 && live.load(std::memory_order_relaxed) >= options.most_live) return {};
    if (!marked(of_class) && of_class != 0 && !room_for_a_mapping()) return {};
    of_one_class& mine = classes[of_class];
    taken         one;
    guard_place   place;
    while ((one.number = remove_first(mine.unused)) != 0) {
        one.slot = &slot(one.number);
        if (one.slot->look().damaged() || !layout.locate(one.slot->block, place)) continue;  // opened by open(): not to come back
        one.base = layout.slot(of_class, place.in_class);
        break;
    }
    while (one.number == 0) {
        const std::uint32_t count = layout.per_chunk(of_class);
        const std::uint64_t chunk = mine.fresh / count;
        if (chunk >= layout.chunks(of_class)) return {};
        if (chunk >= mine.chunks) {
            if (!make_chunk(of_class, static_cast<std::uint32_t>(chunk))) return {};
            ++mine.chunks;
        }
        one.base = layout.slot(of_class, mine.fresh);
        one.number = chunk_table[of_class * guard_layout::most_chunks + chunk].load(std::memory_order_relaxed) +
                     static_cast<std::uint32_t>(mine.fresh % count);
        one.slot = &slot(one.number);
        ++mine.fresh;
        if (one.slot->look().damaged()) one.number = 0;
    }
    live.fetch_add(1, std::memory_order_relaxed);
    return one;
}

void guard_pool_state::give_back(const taken& one, unsigned of_class) noexcept {
    const std::scoped_lock hold(lists);
    one.slot->block = one.base;
    append(classes[of_class].unused, one.number);
    live.fetch_sub(1, std::memory_order_relaxed);
}

void guard_pool_state::put_away(guard_slot& one, bool out) noexcept {
    const std::scoped_lock hold(lists);
    live.fetch_sub(1, std::memory_order_relaxed);
    if (out) return;
    append(waiting, static_cast<std::uint32_t>(&one - slots) + 1);
    while (waiting.size > options.quarantine) {
        const std::uint32_t oldest = remove_first(waiting);
        guard_place         place;
        if (layout.locate(slot(oldest).block, place)) append(classes[place.of_class].unused, oldest);
    }
}

bool guard_pool_state::hurry(unsigned of_class) noexcept {
    const std::scoped_lock hold(lists);
    // Where it is live blocks that there are too many of, a freed one is no help.
    if (options.most_live != 0 && live.load(std::memory_order_relaxed) >= options.most_live) return false;
    for (std::uint32_t oldest = 0; (oldest = remove_first(waiting)) != 0;) {
        guard_place place;
        if (!layout.locate(slot(oldest).block, place)) continue;
        append(classes[place.of_class].unused, oldest);
        if (place.of_class == of_class) return true;
    }
    return false;
}

}  // namespace autopmr

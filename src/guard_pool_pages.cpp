#include "src/guard_pool_state.hpp"
#include "src/platform/os.hpp"

namespace autopmr {
namespace {

void* at(std::uintptr_t address) noexcept { return reinterpret_cast<void*>(address); }

}  // namespace

bool guard_pool_state::open_range(unsigned of_class, std::uintptr_t from, std::uintptr_t to) noexcept {
    if (from == to) return true;
    if (marked(of_class)) return os::unguard_pages(at(from), to - from);
    if (!os::open_pages(at(from), to - from)) return false;
    mapped.fetch_add(1, std::memory_order_relaxed);
    return true;
}

bool guard_pool_state::close_range(unsigned of_class, std::uintptr_t from, std::uintptr_t to) noexcept {
    if (from == to) return true;
    if (marked(of_class)) {
        if (os::guard_pages(at(from), to - from)) return true;
        // Locked pages bear no markers. A mapping of their own is dear, but a freed block that may be read is worse.
        mapped.fetch_add(1, std::memory_order_relaxed);
        static_cast<void>(os::close_pages(at(from), to - from));
        return false;
    }
    if (!os::close_pages(at(from), to - from)) return false;
    mapped.fetch_sub(1, std::memory_order_relaxed);
    return true;
}

bool guard_pool_state::make_chunk(unsigned of_class, std::uint32_t chunk) noexcept {
    const std::uint32_t count = layout.per_chunk(of_class);
    const std::uint32_t before = made.load(std::memory_order_relaxed);
    const std::size_t   page = layout.page();
    const std::size_t   had = (before * sizeof(guard_slot) + page - 1) & ~(page - 1);
    const std::size_t   want = ((before + std::size_t{count}) * sizeof(guard_slot) + page - 1) & ~(page - 1);
    if (want != had && !os::open_pages(where.slots + had, want - had)) return false;
    if (marked(of_class) && of_class != 0) {
        void* const       first = at(layout.slot(of_class, std::uint64_t{chunk} * count));
        const std::size_t bytes = count * layout.slot_bytes(of_class);
        if (!os::open_pages(first, bytes)) return false;
        if (!os::guard_pages(first, bytes)) {
            static_cast<void>(os::close_pages(first, bytes));
            return false;
        }
    }
    made.store(before + count, std::memory_order_release);
    chunk_table[of_class * guard_layout::most_chunks + chunk].store(before + 1, std::memory_order_release);
    return true;
}

std::size_t guard_pool_state::mappings() const noexcept {
    std::size_t sum = 8 + 2 * mapped.load(std::memory_order_relaxed);  // the two reservations and what is open of the books
    for (unsigned k = 1; k != guard_layout::classes; ++k)
        if (marked(k) && classes[k].chunks != 0) sum += 2;
    return sum;
}

guard_slack guard_pool_state::slack(const guard_slot& one) const noexcept {
    const std::uintptr_t block = one.block, past = block + one.bytes;
    if (one.bytes == 0) return {block, block, block, block, 0};
    return {page_of(block), block, past, page_of(past + layout.page() - 1), guard_slack::pattern_of(key, block)};
}

}  // namespace autopmr

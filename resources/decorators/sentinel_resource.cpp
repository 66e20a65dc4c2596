#include <autopmr/decorators/sentinel_resource.hpp>

#include "src/support/call_stack.hpp"

#include <algorithm>
#include <iterator>
#include <new>
#include <utility>
#include <vector>

namespace autopmr {

namespace {

void append_line(void* to, std::string_view indent, std::string_view line) {
    static_cast<std::string*>(to)->append(indent).append(line).append("\n");
}

}  // namespace

static_assert(sentinel_resource::most_frames == call_stack::most);

void* sentinel_resource::do_allocate(std::size_t bytes, std::size_t alignment) {
    void* const block = upstream_.allocate(bytes, alignment);
    record(__builtin_return_address(0), bytes);
    return block;
}

void sentinel_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    upstream_.deallocate(block, bytes, alignment);
}

void sentinel_resource::record(const void* caller, std::size_t bytes) noexcept {
    allocations_.fetch_add(1, std::memory_order_relaxed);
    bytes_.fetch_add(bytes, std::memory_order_relaxed);
    const call_stack    here = call_stack::from(caller);
    const std::uint64_t key = here.hash();
    for (std::size_t i = 0; i != most_sites; ++i) {
        site&         place = sites_[(key + i) % most_sites];
        std::uint64_t there = place.key.load(std::memory_order_relaxed);
        if (there == 0 && place.key.compare_exchange_strong(there, key, std::memory_order_relaxed)) {
            for (std::size_t f = 0; f != here.depth; ++f) place.frames[f].store(here.frames[f], std::memory_order_relaxed);
            place.depth.store(here.depth, std::memory_order_release);
            there = key;
        }
        if (there != key) continue;
        place.allocations.fetch_add(1, std::memory_order_relaxed);
        place.bytes.fetch_add(bytes, std::memory_order_relaxed);
        return;
    }
    unplaced_.fetch_add(1, std::memory_order_relaxed);
}

std::size_t sentinel_resource::sites() const noexcept {
    return static_cast<std::size_t>(std::count_if(std::begin(sites_), std::end(sites_),
        [](const site& place) { return place.key.load(std::memory_order_relaxed) != 0; }));
}

std::string sentinel_resource::report() const {
    std::string text = "sentinel: " + std::to_string(allocations()) + " allocations, " + std::to_string(bytes()) + " bytes, " +
                       std::to_string(sites()) + " call sites\n";
    std::vector<std::pair<std::size_t, const site*>> order;
    for (const site& place : sites_)
        if (place.depth.load(std::memory_order_acquire) != 0) order.emplace_back(place.allocations.load(std::memory_order_relaxed), &place);
    std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    for (const auto& [count, place] : order) {
        text += "  " + std::to_string(count) + " allocations, " + std::to_string(place->bytes.load(std::memory_order_relaxed)) + " bytes\n";
        const std::size_t depth = place->depth.load(std::memory_order_acquire);
        const void*       frames[most_frames];
        for (std::size_t f = 0; f != depth; ++f) frames[f] = place->frames[f].load(std::memory_order_relaxed);
        name_frames(frames, depth, [](void* to, std::string_view line) { append_line(to, "      ", line); }, &text);
    }
    if (!order.empty()) note_on_names([](void* to, std::string_view line) { append_line(to, "", line); }, &text);
    if (unplaced() != 0) text += "  " + std::to_string(unplaced()) + " allocations from sites beyond the first " + std::to_string(most_sites) + '\n';
    return text;
}

sentinel_resource& process_sentinel() noexcept {
    alignas(sentinel_resource) static std::byte memory[sizeof(sentinel_resource)];
    static sentinel_resource* const             made = ::new (static_cast<void*>(memory)) sentinel_resource;
    return *made;
}

}  // namespace autopmr

// A bound on the steps of every operation, a comparison with a simple model, and how full a heap is when it first refuses.

#include <autopmr/pools/fixed_heap_resource.hpp>

#include "resources/pools/fixed_heap_resource_engine.hpp"
#include "support/catch.hpp"
#include "support/sanitized.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <vector>

using namespace autopmr;

namespace {

struct counted {
    unsigned* steps;
    void      operator()() const noexcept { ++*steps; }
};
using counted_engine = fixed_heap_engine<counted>;

constexpr unsigned look = counted_engine::most_looked_at;
// One list, a larger class; a link less; the rest split off and linked.
constexpr unsigned most_to_allocate = look + 1 + 1 + 2;
// Three lists, and a gap in front is split off and linked too.
constexpr unsigned most_to_allocate_aligned = 3 * look + 1 + 1 + 2 + 2;
// Two neighbours, each merged and taken out of its list; one link more.
constexpr unsigned most_to_deallocate = 2 * 2 + 1;

struct block {
    void*       p;
    std::size_t bytes, alignment;
};

class dice {
public:
    std::uint32_t below(std::uint32_t bound) noexcept {
        state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
        return static_cast<std::uint32_t>((state_ >> 33U) % bound);
    }

private:
    std::uint64_t state_ = 1;
};

/// Most are small; some have any size of up to 64 KiB, in every doubling alike.
std::size_t some_size(dice& roll) {
    return roll.below(4) != 0 ? roll.below(600) : roll.below(std::uint32_t{1} << roll.below(17));
}
std::size_t some_alignment(dice& roll) { return std::size_t{1} << (roll.below(8) == 0 ? roll.below(15) : roll.below(5)); }

struct steps_seen {
    unsigned allocate = 0, allocate_aligned = 0, deallocate = 0;
};

/// At times it fills up and at times it drains, so that it is refused often and lists grow long.
steps_seen work(std::size_t bytes, unsigned operations) {
    const auto          memory = std::make_unique<char[]>(bytes);
    fixed_heap_resource heap(memory.get(), bytes);
    unsigned            steps = 0;
    counted_engine      engine(heap, counted{&steps});
    std::vector<block>  live;
    dice                roll;
    steps_seen          worst;
    for (unsigned i = 0; i != operations; ++i) {
        steps = 0;
        const bool fills = (i / 50000) % 2 == 0;
        if (live.empty() || roll.below(10) < (fills ? 7U : 4U)) {
            block      b{nullptr, some_size(roll), some_alignment(roll)};
            const bool plain = b.alignment <= counted_engine::granule;
            b.p = engine.allocate(b.bytes, b.alignment);
            unsigned& most = plain ? worst.allocate : worst.allocate_aligned;
            most = std::max(most, steps);
            if (b.p != nullptr) live.push_back(b);
        } else {
            std::swap(live[roll.below(static_cast<std::uint32_t>(live.size()))], live.back());
            engine.deallocate(live.back().p, live.back().bytes, live.back().alignment);
            live.pop_back();
            worst.deallocate = std::max(worst.deallocate, steps);
        }
    }
    const heap_flaw flaw = heap.check();
    CHECK(flaw.what == "");
    CHECK(heap.blocks() == live.size());
    return worst;
}

struct sizes {
    std::uint32_t least, most;
    bool          some_large;  // one in a hundred is of 4 to 64 KiB
};

/// Of the buffer, what was asked for and is live when it first refuses; `freed` of a hundred calls give one back.
double full(std::size_t bytes, sizes of, unsigned freed, dice& roll) {
    const auto          memory = std::unique_ptr<char[]>(new char[bytes]);
    fixed_heap_resource heap(memory.get(), bytes);
    std::vector<block>  live;
    std::size_t         asked = 0;
    for (;;) {
        if (!live.empty() && roll.below(100) < freed) {
            std::swap(live[roll.below(static_cast<std::uint32_t>(live.size()))], live.back());
            heap.deallocate(live.back().p, live.back().bytes);
            asked -= live.back().bytes;
            live.pop_back();
            continue;
        }
        const std::size_t size = of.some_large && roll.below(100) == 0 ? 4096 + roll.below(60 << 10)
                                                                       : of.least + roll.below(of.most - of.least + 1);
        void*             p = heap.try_allocate(size);
        if (p == nullptr) return static_cast<double>(asked) / static_cast<double>(bytes);
        live.push_back({p, size, 0});
        asked += size;
    }
}

double full_on_average(std::size_t bytes, sizes of, unsigned freed, unsigned times) {
    dice   roll;
    double sum = 0;
    for (unsigned i = 0; i != times; ++i) sum += full(bytes, of, freed, roll);
    return sum / times;
}

}  // namespace

TEST_CASE("each of ten million random operations keeps the bound on its steps") {
    constexpr unsigned times = under_asan || under_tsan ? 1 : 10;
    steps_seen         worst;
    for (std::size_t bytes : {std::size_t{4} << 10, std::size_t{300} << 10, std::size_t{4} << 20, std::size_t{64} << 20}) {
        const steps_seen seen = work(bytes, 250'000 * times);
        worst.allocate = std::max(worst.allocate, seen.allocate);
        worst.allocate_aligned = std::max(worst.allocate_aligned, seen.allocate_aligned);
        worst.deallocate = std::max(worst.deallocate, seen.deallocate);
    }
    CHECK(worst.allocate <= most_to_allocate);
    CHECK(worst.allocate_aligned <= most_to_allocate_aligned);
    CHECK(worst.deallocate == most_to_deallocate);
    CHECK(worst.allocate > look);  // else the test looked at nothing hard
    CHECK(worst.allocate_aligned > look);
}

TEST_CASE("blocks are where a simple model says: none over another, none lost, none written by the heap") {
    constexpr std::size_t  bytes = 600000;
    const auto             memory = std::make_unique<char[]>(bytes);
    fixed_heap_resource    heap(memory.get(), bytes);
    std::map<char*, block> live;
    dice                   roll;
    const auto             pattern = [](const block& b) { return static_cast<int>(b.bytes * 31 + b.alignment) & 0xff; };
    for (unsigned i = 0; i != 60000; ++i) {
        const bool fills = (i / 5000) % 2 == 0;
        if (live.empty() || roll.below(10) < (fills ? 7U : 3U)) {
            const block b{nullptr, some_size(roll), some_alignment(roll)};
            auto*       p = static_cast<char*>(heap.try_allocate(b.bytes, b.alignment));
            if (p == nullptr) continue;
            const auto next = live.lower_bound(p);
            REQUIRE(reinterpret_cast<std::uintptr_t>(p) % b.alignment == 0);
            REQUIRE((next == live.end() || p + b.bytes <= next->first));
            REQUIRE((next == live.begin() || std::prev(next)->first + std::prev(next)->second.bytes <= p));
            REQUIRE((p >= memory.get() && p + b.bytes <= memory.get() + bytes));
            std::memset(p, pattern(b), b.bytes);
            REQUIRE(live.emplace(p, b).second);
        } else {
            const auto  at = std::next(live.begin(), roll.below(static_cast<std::uint32_t>(live.size())));
            const block b = at->second;
            REQUIRE(std::all_of(
                at->first, at->first + b.bytes, [&](char c) { return static_cast<unsigned char>(c) == pattern(b); }));
            heap.deallocate(at->first, b.bytes, b.alignment);
            live.erase(at);
        }
        if (i % 500 == 0) {
            REQUIRE(heap.check().what == "");
            REQUIRE(heap.blocks() == live.size());
            if (const std::size_t largest = heap.largest_free(); largest != 0) {
                REQUIRE(heap.try_allocate(largest + 1) == nullptr);
                void* p = heap.try_allocate(largest);
                REQUIRE(p != nullptr);
                heap.deallocate(p, largest);
            }
            auto next = live.begin();
            heap.walk([&](const heap_block& b) {
                if (!b.used) return;
                REQUIRE(next != live.end());
                REQUIRE(b.address == next->first);
                REQUIRE(b.bytes >= next->second.bytes);
                ++next;
            });
            REQUIRE(next == live.end());
        }
    }
    for (const auto& [p, b] : live) heap.deallocate(p, b.bytes, b.alignment);
    CHECK(heap.used() == 0);
    CHECK(heap.check().what == "");
}

TEST_CASE("at the first refusal at least 85 % of the buffer is in use") {
    constexpr std::size_t kib = 1024, mib = kib * kib;
    constexpr sizes with_large{16, 496, true}, small{16, 496, false}, medium{1024, 8192, false}, wide{16, 65536, false};
    for (unsigned freed : {0U, 30U, 45U}) {  // filled at once; or filled slowly, while much comes and goes
        CAPTURE(freed);
        CHECK(full_on_average(64 * mib, with_large, freed, 1) >= 0.85);
        CHECK(full_on_average(64 * mib, wide, freed, 1) >= 0.85);
        CHECK(full_on_average(mib, small, freed, 3) >= 0.85);
        CHECK(full_on_average(mib, medium, freed, 20) >= 0.85);
        CHECK(full_on_average(256 * kib, small, freed, 20) >= 0.85);
        CHECK(full_on_average(64 * kib, small, freed, 100) >= 0.85);
    }
    // Where a block is more than a hundredth of the buffer, what is left at the end counts.
    CHECK(full_on_average(16 * kib, small, 0, 200) >= 0.85);
    CHECK(full_on_average(16 * kib, small, 30, 200) >= 0.85);
    CHECK(full_on_average(8 * kib, {16, 256, false}, 0, 200) >= 0.85);
}

// What check() finds, and that a damaged heap under quarantine neither crashes nor hands out what is not in its buffer.

#include <autopmr/fault_report.hpp>
#include <autopmr/pools/fixed_heap_resource.hpp>

#include "support/catch.hpp"
#include "support/faults.hpp"
#include "support/sanitized.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

using namespace autopmr;
using autopmr_test::counted_faults;

namespace {

constexpr std::size_t word = sizeof(std::size_t);

struct worn_heap {
    explicit worn_heap(std::size_t bytes) : memory(bytes), heap(memory.data(), bytes) {
        for (std::size_t i = 0; void* p = heap.try_allocate(8 + i % 200); ++i) blocks.push_back({p, 8 + i % 200});
        for (std::size_t i = 0; i < blocks.size(); i += 3) give_back(i);
    }
    void give_back(std::size_t i) {
        heap.deallocate(blocks[i].first, blocks[i].second);
        blocks[i].first = nullptr;
    }

    std::vector<char>                          memory;
    fixed_heap_resource                        heap;
    std::vector<std::pair<void*, std::size_t>> blocks;
};

bool watched() {
    if (under_asan) WARN("not tested here: damaged links lead into memory that AddressSanitizer was told to watch");
    return under_asan;
}

/// What belongs to users, or to nobody: there a changed bit is none of check()'s business.
std::vector<bool> not_ours(worn_heap& worn) {
    std::vector<bool> result(worn.memory.size(), false);
    const auto        mark = [&](std::size_t from, std::size_t to) {
        std::fill(
                   result.begin() + static_cast<std::ptrdiff_t>(from), result.begin() + static_cast<std::ptrdiff_t>(to), true);
    };
    std::size_t first = worn.memory.size(), last = 0;
    worn.heap.walk([&](const heap_block& b) {
        const auto at = static_cast<std::size_t>(static_cast<char*>(b.address) - worn.memory.data());
        first = std::min(first, at - word);
        last = at + b.bytes;
        if (b.used) mark(at, at + b.bytes);
        else mark(at + 2 * word, at + b.bytes - word);
    });
    mark(first - 16, first);
    mark(last + word, worn.memory.size());
    return result;
}

}  // namespace

TEST_CASE("check finds every bit that is not as it should be") {
    if (watched()) return;
    worn_heap               worn(8000);
    const std::vector<bool> others = not_ours(worn);
    std::size_t             missed = 0, tried = 0;
    REQUIRE_FALSE(worn.heap.check().found());
    for (std::size_t at = 0; at != worn.memory.size(); ++at) {
        for (int bit = 0; bit != 8; ++bit) {
            worn.memory[at] = static_cast<char>(worn.memory[at] ^ 1 << bit);
            const bool found = worn.heap.check().found();
            worn.memory[at] = static_cast<char>(worn.memory[at] ^ 1 << bit);
            if (others[at]) continue;
            ++tried;
            missed += !found;
        }
    }
    CHECK(tried > 5000);
    CHECK(missed == 0);
    CHECK_FALSE(worn.heap.check().found());
}

TEST_CASE("a write past the end or after the free is reported when the neighbour notices") {
    const counted_faults on;
    {
        worn_heap worn(8000);  // blocks 1 and 2 are used, 0 and 3 are free
        std::memset(static_cast<char*>(worn.blocks[1].first) - word, 0xff, word);
        worn.give_back(1);
        CHECK(counted_faults::count == 1);
        CHECK(worn.heap.check().found());
    }
    {
        worn_heap         worn(8000);
        const std::size_t size = (worn.blocks[2].second + word + 15) / 16 * 16;
        auto* const       next = static_cast<char*>(worn.blocks[2].first) + std::max<std::size_t>(size, 4 * word) - word;
        std::memset(next, 0x41, word);  // the header of 3
        worn.give_back(2);
        CHECK(counted_faults::last.kind == fault_kind::overrun);
        CHECK(counted_faults::count == 2);
        const std::size_t used = worn.heap.used();
        worn.give_back(4);  // 3 is free as well, but its last word is intact: what is before 4 is not believed
        CHECK(counted_faults::last.kind == fault_kind::write_after_free);
        CHECK(worn.heap.used() == used);
    }
    {
        char                memory[4096];
        fixed_heap_resource heap(memory, sizeof memory);
        void*               p = heap.allocate(100);
        void*               q = heap.allocate(100);
        heap.deallocate(p, 100);
        std::memset(p, 0x41, 2 * word);
        CHECK(heap.check().what == "a free block's links or its list do not lead to it");
        void* r = heap.allocate(100);  // p's list leads nowhere; there is room elsewhere
        CHECK(counted_faults::last.kind == fault_kind::write_after_free);
        CHECK(r != p);
        CHECK(r != q);
    }
}

TEST_CASE("a damaged heap goes on, crashes nowhere and hands out nothing outside its buffer") {
    if (watched()) return;
    const counted_faults on;
    std::mt19937      random(7);
    for (unsigned round = 0; round != 3000; ++round) {
        worn_heap               worn(8000);
        const std::vector<bool> others = not_ours(worn);
        for (unsigned hit = 0; hit != 1 + round % 8;) {
            const std::size_t at = random() % worn.memory.size();
            if (others[at]) continue;
            worn.memory[at] = static_cast<char>(random());
            ++hit;
        }
        for (std::size_t i = 0; i != 60; ++i) {
            const std::size_t which = random() % worn.blocks.size();
            if (random() % 2 == 0 && worn.blocks[which].first != nullptr) worn.give_back(which);
            const std::size_t bytes = random() % 300, alignment = std::size_t{1} << random() % 9;
            auto*             p = static_cast<char*>(worn.heap.try_allocate(bytes, alignment));
            if (p == nullptr) continue;
            REQUIRE(p >= worn.memory.data());
            REQUIRE(p + bytes <= worn.memory.data() + worn.memory.size());
            worn.heap.walk([](const heap_block&) {});
            (void)worn.heap.check();
            (void)worn.heap.largest_free();
        }
    }
    CHECK(counted_faults::count > 1000);
}

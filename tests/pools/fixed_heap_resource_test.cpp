#include <autopmr/errors.hpp>
#include <autopmr/fault_report.hpp>
#include <autopmr/pools/fixed_heap_resource.hpp>

#include "support/catch.hpp"
#include "support/faults.hpp"
#include "support/sanitized.hpp"

#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <memory_resource>
#include <string>
#include <unordered_map>
#include <vector>

using namespace autopmr;
using autopmr_test::counted_faults;

namespace {

constexpr std::size_t word = sizeof(std::size_t), most = std::numeric_limits<std::size_t>::max();

/// A buffer that begins as badly as it can.
struct buffer {
    explicit buffer(std::size_t bytes) : bytes_(bytes), memory_(std::make_unique<char[]>(bytes + 1)) {}
    void*       data() { return memory_.get() + 1; }
    std::size_t size() const { return bytes_; }

private:
    std::size_t             bytes_;
    std::unique_ptr<char[]> memory_;
};

bool aligned(const void* p, std::size_t to) { return reinterpret_cast<std::uintptr_t>(p) % to == 0; }

std::size_t free_blocks(const fixed_heap_resource& heap) {
    std::size_t count = 0;
    heap.walk([&](const heap_block& b) { count += !b.used; });
    return count;
}

}  // namespace

extern "C" [[gnu::weak]] int __asan_address_is_poisoned(const volatile void* at);

TEST_CASE("a buffer that is no heap is left alone, and the heap refuses everything") {
    char small[256];
    for (std::size_t bytes = 0; bytes != fixed_heap_resource::least_buffer; ++bytes) {
        fixed_heap_resource heap(small, bytes);
        CHECK(heap.capacity() == 0);
    }
    for (auto [at, bytes] : {std::pair<void*, std::size_t>{nullptr, 100000}, {small, most}, {small, most / 2 + 1}}) {
        fixed_heap_resource heap(at, bytes);
        CHECK(heap.capacity() == 0);
        CHECK(heap.try_allocate(0) == nullptr);
        CHECK(heap.try_allocate(1, 65536) == nullptr);
        CHECK_THROWS_AS(heap.allocate(1), out_of_memory);
        CHECK(heap.largest_free() == 0);
        CHECK(free_blocks(heap) == 0);
        CHECK_FALSE(heap.check().found());
    }
}

TEST_CASE("any buffer from 256 bytes on is a heap, wherever it begins, and nothing around it is touched") {
    for (std::size_t bytes : {256u, 257u, 300u, 1024u, 4095u, 70000u}) {
        for (std::size_t offset = 0; offset != 32; ++offset) {
            std::vector<char>   memory(bytes + 64, 'x');
            fixed_heap_resource heap(memory.data() + offset, bytes);
            CAPTURE(bytes, offset);
            REQUIRE(heap.capacity() != 0);
            while (void* p = heap.try_allocate(24, 8)) {
                REQUIRE(aligned(p, alignof(std::max_align_t)));
                std::memset(p, 1, 24);
            }
            CHECK(heap.blocks() != 0);
            CHECK(heap.largest_free() < 24);
            CHECK_FALSE(heap.check().found());
            for (std::size_t i = 0; i != offset; ++i) REQUIRE(memory[i] == 'x');
            for (std::size_t i = offset + bytes; i != memory.size(); ++i) REQUIRE(memory[i] == 'x');
        }
    }
}

TEST_CASE("a heap is given its buffer once, and may be one long before that") {
    static constinit fixed_heap_resource heap;
    CHECK(heap.try_allocate(1) == nullptr);
    CHECK_FALSE(heap.give(nullptr, 1000));
    static char memory[2048], other[2048];
    CHECK(heap.give(memory, sizeof memory));
    CHECK_FALSE(heap.give(other, sizeof other));
    void* p = heap.allocate(100);
    CHECK(static_cast<char*>(p) > memory);
    CHECK(static_cast<char*>(p) < memory + sizeof memory);
    heap.deallocate(p, 100);
    CHECK(heap.is_equal(heap));
    CHECK_FALSE(heap.is_equal(fixed_heap_resource()));
}

TEST_CASE("every alignment that the buffer allows is kept, and what lies before the block is not lost") {
    buffer              memory(4 << 20);
    fixed_heap_resource heap(memory.data(), memory.size());
    for (std::size_t alignment = 1; alignment <= 1 << 20; alignment *= 2) {
        CAPTURE(alignment);
        void* p = heap.try_allocate(100, alignment);
        REQUIRE(p != nullptr);
        CHECK(aligned(p, alignment));
        CHECK(heap.used() <= 160);
        CHECK_FALSE(heap.check().found());
        heap.deallocate(p, 100, alignment);
        CHECK(free_blocks(heap) == 1);
    }
    CHECK(heap.try_allocate(1, most / 2 + 1) == nullptr);
    for (std::size_t bad : {std::size_t{0}, std::size_t{3}, std::size_t{24}, (std::size_t{1} << 20) + 1}) {
        CHECK(heap.try_allocate(8, bad) == nullptr);
        CHECK_THROWS_AS(heap.allocate(8, bad), bad_alignment);
    }
}

TEST_CASE("an aligned block that was given back is found again when nothing else is left") {
    buffer              memory(200000);
    fixed_heap_resource heap(memory.data(), memory.size());
    void*               p = heap.allocate(70000, 65536);
    while (heap.try_allocate(1000, 8) != nullptr) {
    }
    heap.deallocate(p, 70000, 65536);
    CHECK(heap.allocate(70000, 65536) == p);
    CHECK_FALSE(heap.check().found());
}

TEST_CASE("sizes that can't be are refused, and change nothing") {
    buffer              memory(100000);
    fixed_heap_resource heap(memory.data(), memory.size());
    for (std::size_t alignment = 1; alignment != 0; alignment *= 2) {
        for (std::size_t bytes : {most, most - 1, most - word, most - 15, most - 4096, most / 2, most / 2 + 1,
                 heap.capacity(), heap.capacity() - 1, heap.capacity() - word + 1}) {
            REQUIRE(heap.try_allocate(bytes, alignment) == nullptr);
        }
    }
    CHECK_THROWS_AS(heap.allocate(most, 64), out_of_memory);
    CHECK(heap.used() == 0);
    CHECK(heap.peak() == 0);
    CHECK(heap.try_allocate(heap.capacity() - word) != nullptr);
}

TEST_CASE("what is freed becomes one with its free neighbours at once, in any order") {
    for (unsigned order = 0; order != 6; ++order) {
        static constexpr unsigned orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
        buffer                    memory(2000);
        fixed_heap_resource       heap(memory.data(), memory.size());
        const std::size_t         all = heap.largest_free();
        void*                     blocks[3] = {heap.allocate(100), heap.allocate(200), heap.allocate(300)};
        const std::size_t         used = heap.used();
        CHECK(heap.blocks() == 3);
        for (unsigned which : orders[order]) {
            heap.deallocate(blocks[which], 100 * (which + 1));
            CHECK_FALSE(heap.check().found());
        }
        CHECK(free_blocks(heap) == 1);
        CHECK(heap.largest_free() == all);
        CHECK(heap.used() == 0);
        CHECK(heap.peak() == used);
        void* p = heap.try_allocate(all);
        REQUIRE(p != nullptr);
        CHECK(heap.try_allocate(0) == nullptr);
        heap.deallocate(p, all);
    }
}

TEST_CASE("walk shows every block in order, and with what lies between them the whole heap") {
    buffer              memory(10000);
    fixed_heap_resource heap(memory.data(), memory.size());
    void*               a = heap.allocate(10);
    void*               b = heap.allocate(500);
    void*               c = heap.allocate(0);
    heap.deallocate(b, 500);
    std::vector<heap_block> seen;
    heap.walk([&](const heap_block& each) { seen.push_back(each); });
    REQUIRE(seen.size() == 4);
    CHECK((seen[0].address == a && seen[0].used && seen[0].bytes >= 10));
    CHECK((seen[1].address == b && !seen[1].used && seen[1].bytes >= 500));
    CHECK((seen[2].address == c && seen[2].used));
    CHECK(!seen[3].used);
    std::size_t sum = 0;
    for (const heap_block& each : seen) sum += each.bytes + word;
    CHECK(sum == heap.capacity());
}

TEST_CASE("misuse at deallocation is reported and the block kept out of circulation") {
    const counted_faults on;
    buffer              memory(4000);
    fixed_heap_resource heap(memory.data(), memory.size());
    char*               a = static_cast<char*>(heap.allocate(100));
    void*               b = heap.allocate(100);
    void*               c = heap.allocate(100, 64);
    const auto          expect = [&](fault_kind kind, void* p, std::size_t bytes, std::size_t alignment) {
        const std::size_t used = heap.used();
        const int         before = counted_faults::count;
        heap.deallocate(p, bytes, alignment);
        CHECK(counted_faults::count == before + 1);
        CHECK(counted_faults::last.kind == kind);
        CHECK(counted_faults::last.address == p);
        CHECK(std::string(counted_faults::last.resource) == "fixed_heap");
        CHECK(counted_faults::last.given_bytes == bytes);
        CHECK(counted_faults::last.given_alignment == alignment);
        CHECK(heap.used() == used);
        CHECK_FALSE(heap.check().found());
    };
    expect(fault_kind::wrong_size, a, 200, 8);
    CHECK(counted_faults::last.expected_bytes >= 100);
    expect(fault_kind::wrong_size, a, 50, 8);
    expect(fault_kind::wrong_size, a, most, 8);
    expect(fault_kind::wrong_alignment, b, 100, 4096);
    expect(fault_kind::foreign_pointer, nullptr, 1, 1);
    expect(fault_kind::foreign_pointer, &memory, 100, 8);
    expect(fault_kind::foreign_pointer, a + 1, 99, 1);
    std::memset(a, 0, 100);
    expect(fault_kind::foreign_pointer, a + 32, 68, 1);
    expect(fault_kind::foreign_pointer, static_cast<char*>(memory.data()) + memory.size() - 1, 1, 1);
    heap.deallocate(b, 100);
    expect(fault_kind::double_free, b, 100, 8);
    heap.deallocate(c, 100, 64);  // which merges with b and the rest
    expect(fault_kind::double_free, c, 100, 64);
    heap.deallocate(a, 100);
    expect(fault_kind::double_free, a, 100, 8);
    expect(fault_kind::double_free, b, 100, 8);
    CHECK(heap.used() == 0);
}

TEST_CASE("AddressSanitizer sees what is not handed out") {
    if (!under_asan || __asan_address_is_poisoned == nullptr) return;
    buffer memory(4000);
    {
        fixed_heap_resource heap(memory.data(), memory.size());
        char*               p = static_cast<char*>(heap.allocate(50));
        CHECK(__asan_address_is_poisoned(p + 49) == 0);
        CHECK(__asan_address_is_poisoned(p + 50) != 0);
        CHECK(__asan_address_is_poisoned(p + 300) != 0);
        heap.deallocate(p, 50);
        CHECK(__asan_address_is_poisoned(p + 30) != 0);
    }
    for (std::size_t i = 0; i != memory.size(); ++i)
        REQUIRE(__asan_address_is_poisoned(static_cast<char*>(memory.data()) + i) == 0);
}

TEST_CASE("containers live on a fixed heap") {
    buffer              memory(200000);
    fixed_heap_resource heap(memory.data(), memory.size());
    {
        std::pmr::unordered_map<unsigned, std::pmr::string> names(&heap);
        for (unsigned i = 0; i != 500; ++i) names.emplace(i, std::string(i % 90, 'n'));
        for (unsigned i = 0; i != 500; i += 2) names.erase(i);
        CHECK(names.at(89).size() == 89);
        CHECK_FALSE(heap.check().found());
    }
    CHECK(heap.used() == 0);
    CHECK(free_blocks(heap) == 1);
}

#include <autopmr/pools/mapped_resource.hpp>

#include <autopmr/errors.hpp>

#include "src/platform/os.hpp"
#include "support/catch.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory_resource>
#include <thread>
#include <vector>

using namespace autopmr;

namespace {

const std::size_t page = os::page_size();

/// Bytes of address space of this process; what is mapped and forgotten shows here.
std::size_t address_space() {
    char       text[128];
    const long size = os::read_file("/proc/self/statm", text, sizeof text - 1);
    if (size <= 0) return 0;
    text[size] = 0;
    return static_cast<std::size_t>(std::strtoull(text, nullptr, 10)) * page;
}

}  // namespace

TEST_CASE("blocks are whole zeroed pages and are counted") {
    mapped_resource mapped_here;
    CHECK(mapped_here.bytes() == 0);
    for (std::size_t bytes : {std::size_t{0}, std::size_t{1}, page - 1, page, page + 1, 100 * page + 7}) {
        const std::size_t whole = bytes == 0 ? page : (bytes + page - 1) / page * page;
        auto* const       block = static_cast<unsigned char*>(mapped_here.allocate(bytes, 1));
        CHECK(reinterpret_cast<std::uintptr_t>(block) % page == 0);
        CHECK(mapped_here.bytes() == whole);
        CHECK(mapped_here.blocks() == 1);
        CHECK(block[0] == 0);
        CHECK(block[whole - 1] == 0);
        std::memset(block, 1, whole);
        mapped_here.deallocate(block, bytes, 1);
        CHECK(mapped_here.bytes() == 0);
        CHECK(mapped_here.blocks() == 0);
    }
}

TEST_CASE("any power of two is an alignment, and what is cut off goes back") {
    mapped_resource   mapped_here;
    const std::size_t before = address_space();
    for (int round = 0; round != 100; ++round)
        for (std::size_t alignment = 1; alignment <= std::size_t{1} << 30; alignment <<= 1) {
            void* const block = mapped_here.allocate(3 * page, alignment);
            if (reinterpret_cast<std::uintptr_t>(block) % alignment != 0) FAIL("under-aligned");
            std::memset(block, 1, 3 * page);
            mapped_here.deallocate(block, 3 * page, alignment);
        }
    if (before == 0) WARN("skipped: the system does not say how much is mapped");
    else CHECK(address_space() < before + 64 * 1024 * 1024);
    CHECK(mapped_here.bytes() == 0);
}

TEST_CASE("bad requests are refused and change nothing") {
    mapped_resource mapped_here;
    volatile std::size_t alignment;
    for (std::size_t bad : {0, 3, 4095}) {
        alignment = bad;
        CHECK_THROWS_AS(mapped_here.allocate(1, alignment), bad_alignment);
    }
    for (std::size_t bytes : {SIZE_MAX, SIZE_MAX - page, SIZE_MAX / 2, SIZE_MAX / 4}) {
        CHECK_THROWS_AS(mapped_here.allocate(bytes, 1), out_of_memory);
        CHECK_THROWS_AS(mapped_here.allocate(bytes, std::size_t{1} << 40), out_of_memory);
    }
    alignment = ~(SIZE_MAX >> 1);
    CHECK_THROWS_AS(mapped_here.allocate(1, alignment), out_of_memory);
    CHECK(mapped_here.bytes() == 0);
    CHECK(mapped_here.blocks() == 0);
}

TEST_CASE("threads share one, and free what others made") {
    mapped_resource          mapped_here;
    std::vector<void*>       blocks(400);
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t != 4; ++t)
        threads.emplace_back([&, t] {
            for (std::size_t i = t; i < blocks.size(); i += 4) blocks[i] = mapped_here.allocate(i * 100, 4 * page);
        });
    for (auto& thread : threads) thread.join();
    CHECK(mapped_here.blocks() == blocks.size());
    threads.clear();
    for (std::size_t t = 0; t != 4; ++t)
        threads.emplace_back([&, t] {
            for (std::size_t i = (t + 1) % 4; i < blocks.size(); i += 4) mapped_here.deallocate(blocks[i], i * 100, 4 * page);
        });
    for (auto& thread : threads) thread.join();
    CHECK(mapped_here.bytes() == 0);
    CHECK(mapped_here.blocks() == 0);
}

TEST_CASE("the process's own is one and another is not equal to it") {
    mapped_resource another;
    CHECK(&mapped() == &mapped());
    CHECK(mapped().is_equal(mapped()));
    CHECK_FALSE(mapped().is_equal(another));
    CHECK(mapped().name() == "mapped");
    std::pmr::vector<int> numbers(1000, 7, &mapped());
    CHECK(mapped().bytes() >= 1000 * sizeof(int));
}

#include <autopmr/pools/static_resource.hpp>

#include "support/catch.hpp"
#include "support/faults.hpp"

#include <cstdint>
#include <limits>
#include <memory_resource>
#include <vector>

using namespace autopmr;
using autopmr_test::counted_faults;

TEST_CASE("a static resource hands out its own bytes, all of them, and no more") {
    static_resource<100> r;
    CHECK(r.capacity() == 100);
    auto* a = static_cast<char*>(r.allocate(60, 1));
    auto* b = static_cast<char*>(r.allocate(40, 1));
    CHECK(reinterpret_cast<char*>(&r) <= a);
    CHECK(b + 40 <= reinterpret_cast<char*>(&r + 1));
    CHECK(b == a + 60);
    CHECK(r.used() == 100);
    CHECK(r.try_allocate(1, 1) == nullptr);
    CHECK(r.try_allocate(0, 1) == nullptr);
    CHECK_THROWS_AS(r.allocate(0, 1), out_of_memory);
    CHECK(r.used() == 100);
}

TEST_CASE("a static resource takes back the last block, and only that") {
    static_resource<256> r;
    void*                a = r.allocate(32, 8);
    void*                b = r.allocate(32, 8);
    r.deallocate(a, 32, 8);
    CHECK(r.used() == 64);
    r.deallocate(b, 32, 8);
    CHECK(r.used() == 32);
    CHECK(r.allocate(32, 8) == b);
    r.reset();
    CHECK(r.used() == 0);
    CHECK(r.allocate(256, 8) == a);
    r.release();
    CHECK(r.allocate(0, 1) != r.allocate(0, 1));
}

TEST_CASE("a static resource keeps alignments and refuses what is none") {
    static_resource<8192> r;
    for (std::size_t alignment = 1; alignment <= 2048; alignment *= 2) {
        CHECK(reinterpret_cast<std::uintptr_t>(r.allocate(1, alignment)) % alignment == 0);
    }
    const std::size_t before = r.used();
    for (std::size_t bad : {std::size_t{0}, std::size_t{3}, std::size_t{48}}) {
        CHECK_THROWS_AS(r.allocate(8, bad), bad_alignment);
        CHECK(r.try_allocate(8, bad) == nullptr);
    }
    constexpr std::size_t all = std::numeric_limits<std::size_t>::max();
    CHECK_THROWS_AS(r.allocate(8, all / 2 + 1), out_of_memory);
    for (std::size_t bytes : {all, all - 1, all - 4096, all / 2 + 1, std::size_t{8193}})
        CHECK_THROWS_AS(r.allocate(bytes, 64), out_of_memory);
    CHECK(r.used() == before);
    CHECK(r.is_equal(r));
    CHECK_FALSE(r.is_equal(static_resource<8192>()));
}

TEST_CASE("a static resource reports what it did not hand out") {
    const counted_faults on;
    static_resource<64> r;
    void*               a = r.allocate(16, 8);
    int                 elsewhere = 0;
    r.deallocate(&elsewhere, sizeof elsewhere, alignof(int));
    CHECK(counted_faults::last.kind == fault_kind::foreign_pointer);
    CHECK(counted_faults::last.address == &elsewhere);
    r.deallocate(nullptr, 1, 1);
    CHECK(counted_faults::last.kind == fault_kind::foreign_pointer);
    r.deallocate(a, 17, 8);
    CHECK(counted_faults::last.kind == fault_kind::wrong_size);
    CHECK(counted_faults::last.given_bytes == 17);
    CHECK(r.used() == 16);
    r.deallocate(a, 16, 8);
    CHECK(counted_faults::count == 3);
    r.deallocate(a, 16, 8);
    CHECK(counted_faults::last.kind == fault_kind::double_free);
    CHECK(counted_faults::count == 4);
}

TEST_CASE("a container works on a static resource") {
    static_resource<4096>      r;
    std::pmr::vector<unsigned> v(&r);
    for (unsigned i = 0; i != 100; ++i) v.push_back(i * i);
    CHECK(v[99] == 9801);
    CHECK(r.used() <= 4096);
}

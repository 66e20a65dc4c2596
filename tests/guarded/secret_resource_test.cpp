#include <autopmr/guarded/secret_resource.hpp>

#include <autopmr/describe.hpp>

#include "src/support/fault_sources.hpp"
#include "guarded/poke.hpp"
#include "support/catch.hpp"
#include "support/faults.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using namespace autopmr;
using autopmr_test::counted_faults;
using autopmr_test::faults;
using autopmr_test::zero;

TEST_CASE("a key lies in memory of which all that was promised holds") {
    secret_resource             secrets;
    std::pmr::vector<std::byte> key{32, &secrets};
    CHECK(zero(key.data(), key.size()));
    CHECK(has(secrets.achieved(), secret_protection::locked));
    CHECK(secrets.usage().live == 1);
    CHECK(secrets.usage().live_bytes == 32);
    CHECK(secrets.usage().locked_bytes == 64 << 10);
    CHECK(describe(&secrets).find("secret: 32 bytes live in 1 blocks, 65536 locked") == 0);
}

TEST_CASE("blocks of any size and alignment are apart, aligned, zero, and wiped when they are freed") {
    for (const bool alone : {false, true}) {
        secret_options options;
        options.isolated = alone;
        secret_resource secrets(options);
        struct block {
            unsigned char* at;
            std::size_t    bytes, alignment;
        };
        std::vector<block> all;
        for (std::size_t bytes : {0, 1, 7, 24, 40, 64, 65, 100, 256, 1000, 1024, 1025, 4096, 5000, 70000})
            for (std::size_t alignment : {1, 8, 16, 32, 64, 128, 256, 4096, 65536}) {
                auto* const at = static_cast<unsigned char*>(secrets.allocate(bytes, alignment));
                REQUIRE(reinterpret_cast<std::uintptr_t>(at) % alignment == 0);
                REQUIRE(zero(at, bytes));
                std::memset(at, static_cast<int>(all.size() % 255 + 1), bytes);
                all.push_back({at, bytes, alignment});
            }
        counted_faults counted;
        for (std::size_t i = 0; i != all.size(); ++i) {
            const auto& one = all[i];
            REQUIRE(std::all_of(one.at, one.at + one.bytes, [&](unsigned char c) { return c == i % 255 + 1; }));
            const bool stays = !alone && one.bytes <= 1024 && one.alignment <= 128 && secrets.usage().live > 2;
            const auto slabs = secrets.usage().locked_bytes;
            secrets.deallocate(one.at, one.bytes, one.alignment);
            if (stays && secrets.usage().locked_bytes == slabs) REQUIRE(zero(one.at, one.bytes));
        }
        CHECK(counted.count == 0);
        CHECK(secrets.usage().live == 0);
        CHECK(secrets.usage().live_bytes == 0);
        secrets.trim();
        CHECK(secrets.usage().locked_bytes == 0);
    }
}

TEST_CASE("misuse of pooled secrets is reported, each kind by its name") {
    secret_resource secrets;
    counted_faults  counted;
    auto* const     p = static_cast<char*>(secrets.allocate(40, 8));
    auto* const     q = static_cast<char*>(secrets.allocate(40, 8));
    const auto      kind = [&] { return std::exchange(counted_faults::last.kind, fault_kind::unknown); };

    secrets.deallocate(p, 41, 8);
    CHECK(kind() == fault_kind::wrong_size);
    CHECK(counted_faults::last.expected_bytes == 40);
    secrets.deallocate(p, 40, 16);
    CHECK(kind() == fault_kind::wrong_alignment);
    CHECK(counted_faults::last.expected_alignment == 8);
    secrets.deallocate(p + 8, 40, 8);
    CHECK(kind() == fault_kind::interior_pointer);
    char foreign[64];
    secrets.deallocate(foreign, 40, 8);
    CHECK(kind() == fault_kind::foreign_pointer);
    CHECK(counted.count == 4);

    secrets.deallocate(q, 40, 8);
    CHECK(counted.count == 4);
    secrets.deallocate(q, 40, 8);
    CHECK(kind() == fault_kind::double_free);
    q[3] = 'x';
    auto* const again = static_cast<char*>(secrets.allocate(40, 8));
    CHECK(kind() == fault_kind::write_after_free);
    CHECK(counted_faults::last.block == q);
    CHECK(again != q);
    CHECK(zero(q, 40));

    for (const std::size_t bytes : {1, 33, 40, 64, 1024}) {  // one byte too far, also where the last word is not full
        auto* const over = static_cast<char*>(secrets.allocate(bytes, 1));
        over[bytes] = 0;
        secrets.deallocate(over, bytes, 1);
        CHECK(kind() == fault_kind::overrun);
        CHECK(counted_faults::last.address == over + bytes);
        auto* const under = static_cast<char*>(secrets.allocate(bytes, 1));
        CHECK(under != over);  // what was misused is out of circulation
        under[-1] = 0;
        secrets.deallocate(under, bytes, 1);
        CHECK(kind() == fault_kind::underrun);
    }
    const int before = counted.count;
    secrets.deallocate(again, 40, 8);
    secrets.deallocate(p, 40, 8);
    CHECK(counted.count == before);
}

TEST_CASE("a neighbour is not blamed for an overrun that is found first at its own end") {
    secret_resource secrets;
    counted_faults  counted;
    auto* const     a = static_cast<char*>(secrets.allocate(64, 16));
    auto* const     b = static_cast<char*>(secrets.allocate(64, 16));
    REQUIRE(b == a + 80);
    a[64] = 'x';
    secrets.deallocate(b, 64, 16);
    CHECK(counted.count == 0);
    secrets.deallocate(a, 64, 16);
    CHECK(counted.count == 1);
    CHECK(counted_faults::last.kind == fault_kind::overrun);
    CHECK(counted_faults::last.block == a);
}

TEST_CASE("describe knows a pooled secret, and what lies around it") {
    secret_resource secrets;
    auto* const     p = static_cast<char*>(secrets.allocate(64, 16));
    fault_report    out;
    REQUIRE(fault_sources::explain(p + 10, out) != nullptr);
    CHECK(out.block == p);
    CHECK(out.state == block_state::live);
    CHECK(out.expected_bytes == 64);
    REQUIRE(fault_sources::explain(p + 66, out) != nullptr);
    CHECK(out.kind == fault_kind::overrun);
    CHECK(out.past_end == 3);
    secrets.deallocate(p, 64, 16);
    REQUIRE(fault_sources::explain(p, out) != nullptr);
    CHECK(out.kind == fault_kind::use_after_free);
    const auto slab = reinterpret_cast<std::uintptr_t>(p) & ~std::uintptr_t{0xFFFF};
    CHECK(faults(reinterpret_cast<void*>(slab - 1)));
    CHECK(faults(reinterpret_cast<void*>(slab + 0x10000)));
    REQUIRE(fault_sources::explain(reinterpret_cast<void*>(slab + 0x10000), out) != nullptr);
    CHECK(out.kind == fault_kind::overrun);
}

TEST_CASE("many threads take and free secrets of one resource, each other's too") {
    secret_resource              secrets;
    counted_faults               counted;
    std::atomic<void*>           shared[64] = {};
    std::vector<std::thread>     all;
    std::atomic<int>             broken{0};
    for (unsigned t = 0; t != 4; ++t)
        all.emplace_back([&, t] {
            unsigned random = t + 1;
            for (int i = 0; i != 20000; ++i) {
                random = random * 1664525 + 1013904223;
                auto* const mine = static_cast<char*>(secrets.allocate(64, 16));
                if (!zero(mine, 64)) ++broken;
                std::memset(mine, 1 + static_cast<int>(t), 64);
                if (void* const other = shared[random >> 16 & 63].exchange(mine)) secrets.deallocate(other, 64, 16);
            }
        });
    for (std::thread& one : all) one.join();
    for (std::atomic<void*>& one : shared)
        if (one != nullptr) secrets.deallocate(one, 64, 16);
    CHECK(broken == 0);
    CHECK(counted.count == 0);
    CHECK(secrets.usage().live == 0);
}

TEST_CASE("what can't be is refused, and the books stay") {
    secret_resource secrets;
    CHECK_THROWS_AS(secrets.allocate(8, 3), bad_alignment);
    CHECK_THROWS_AS(secrets.allocate(SIZE_MAX - 8, 8), out_of_memory);
    CHECK_THROWS_AS(secrets.allocate(std::size_t{1} << 60, 8), std::bad_alloc);
    CHECK(secrets.usage().live == 0);
    CHECK(secrets.usage().live_bytes == 0);
    secrets.deallocate(secrets.allocate(10), 10);
}

TEST_CASE("a resource may have a handler of its own, and its reports name the subsystem") {
    static fault_report last;
    secret_options      options;
    options.subsystem = "server.keys";
    options.on_fault = [](const fault_report& fault) noexcept {
        last = fault;
        return fault_answer::quarantine;
    };
    secret_resource secrets(options);
    counted_faults  counted;
    void* const     p = secrets.allocate(100, 8);
    secrets.deallocate(p, 99, 8);
    CHECK(counted.count == 0);
    CHECK(last.kind == fault_kind::wrong_size);
    CHECK(last.given_bytes == 99);
    CHECK(last.access == fault_access::free);
    CHECK(std::string_view(last.resource) == "secret");
    CHECK(std::string_view(last.subsystem) == "server.keys");
    secrets.deallocate(p, 100, 8);
}

#include <autopmr/guarded/canary_resource.hpp>

#include <autopmr/errors.hpp>
#include <autopmr/guarded/quarantine_resource.hpp>
#include <autopmr/pools/pool_resource.hpp>

#include "guarded/poke.hpp"
#include "support/catch.hpp"
#include "support/faults.hpp"

#include <cstdint>
#include <cstring>
#include <string>

using namespace autopmr;
using autopmr_test::counted_faults;
using autopmr_test::keeping_upstream;
using autopmr_test::poke;
using autopmr_test::peek;

namespace {

constexpr std::size_t sizes[] = {0, 1, 2, 7, 8, 13, 16, 63, 64, 65, 1000, 4096, 70001};
constexpr std::size_t alignments[] = {1, 2, 4, 8, 16, 32, 64, 4096, 65536};

const fault_report& last() { return counted_faults::last; }

}  // namespace

TEST_CASE("blocks are aligned, theirs to write, and go back as they were asked for") {
    keeping_upstream     below;
    canary_resource      canary(&below);
    const counted_faults faults;
    for (const std::size_t bytes : sizes)
        for (const std::size_t alignment : alignments) {
            below.largest = 0;
            void* const block = canary.allocate(bytes, alignment);
            CHECK(reinterpret_cast<std::uintptr_t>(block) % alignment == 0);
            if (alignment <= 32) CHECK(below.largest <= bytes + 48);
            else CHECK(below.largest == bytes + alignment + 16);
            std::memset(block, 0xff, bytes);
            canary.deallocate(block, bytes, alignment);
        }
    CHECK(faults.count == 0);
    CHECK(below.back == below.blocks.size());
    CHECK(below.wrong == 0);
}

TEST_CASE("one byte past the end is found and told, however odd the size, a terminating zero included") {
    keeping_upstream     below;
    canary_resource      canary({.name = "watch", .subsystem = "parser"}, &below);
    const counted_faults faults;
    for (const std::size_t bytes : sizes)
        for (const std::size_t alignment : alignments)
            for (const std::size_t past : {1u, 2u, 8u, 9u, 16u}) {
                void* const block = canary.allocate(bytes, alignment);
                const auto  at = static_cast<std::ptrdiff_t>(bytes + past - 1);
                poke(block, at, past == 1 ? 0 : static_cast<unsigned char>(peek(block, at) ^ 0x10));
                faults.count = 0;
                canary.deallocate(block, bytes, alignment);
                REQUIRE(faults.count == 1);
                CHECK(last().kind == fault_kind::overrun);
                CHECK(last().block == block);
                CHECK(last().past_end == past);
                CHECK(last().address == static_cast<char*>(block) + at);
                CHECK(last().state == block_state::live);
                CHECK(last().access == fault_access::free);
                CHECK(last().expected_bytes == bytes);
                CHECK(last().expected_alignment == alignment);
                CHECK(last().resource == std::string("watch"));
                CHECK(last().subsystem == std::string("parser"));
                CHECK(last().found.thread != 0);
            }
    CHECK(below.back == 0);  // none of them went back
}

TEST_CASE("of the 256 values a byte past the end can take, one at most goes unseen") {
    keeping_upstream     below;
    canary_resource      canary(&below);
    const counted_faults faults;
    for (int value = 0; value != 256; ++value) {
        void* const block = canary.allocate(13);
        poke(block, 13, static_cast<unsigned char>(value));
        canary.deallocate(block, 13);
    }
    CHECK(faults.count == 255);
}

TEST_CASE("bytes before the beginning are found and told") {
    keeping_upstream     below;
    canary_resource      canary(&below);
    const counted_faults faults;
    for (const std::size_t alignment : alignments)
        for (const std::size_t before : {1u, 2u, 8u}) {
            void* const block = canary.allocate(64, alignment);
            const auto  at = -static_cast<std::ptrdiff_t>(before);
            poke(block, at, before == 1 ? 0 : static_cast<unsigned char>(peek(block, at) ^ 0x10));
            faults.count = 0;
            canary.deallocate(block, 64, alignment);
            REQUIRE(faults.count == 1);
            CHECK(last().kind == fault_kind::underrun);
            CHECK(last().before_start == before);
            CHECK(last().block == block);
        }
    for (const int run : {16, 12}) {  // through the cookie
        void* const block = canary.allocate(64);
        for (int i = 1; i <= run; ++i) poke(block, -i, 'x');
        canary.deallocate(block, 64);
        CHECK(last().kind == fault_kind::underrun);
        CHECK(last().before_start == 1);
    }
    void* const block = canary.allocate(64);
    for (int i = 1; i <= 32; ++i) poke(block, -i, 'x');  // nothing is left that says whose it was
    canary.deallocate(block, 64);
    CHECK(last().kind == fault_kind::foreign_pointer);
    CHECK(below.back == 0);
}

TEST_CASE("size and alignment are exact, and the first of several faults is told") {
    keeping_upstream     below;
    canary_resource      canary(&below);
    const counted_faults faults;
    for (const std::size_t given : {63u, 65u, 0u, 64000u}) {
        void* const block = canary.allocate(64, 8);
        poke(block, 64, static_cast<unsigned char>(peek(block, 64) ^ 1));  // comes after it
        canary.deallocate(block, given, 8);
        CHECK(last().kind == fault_kind::wrong_size);
        CHECK(last().expected_bytes == 64);
        CHECK(last().given_bytes == given);
    }
    for (const std::size_t given : {4u, 16u, 128u, 0u, 24u}) {
        void* const block = canary.allocate(64, 8);
        canary.deallocate(block, 64, given);
        CHECK(last().kind == fault_kind::wrong_alignment);
        CHECK(last().expected_alignment == 8);
        CHECK(last().given_alignment == given);
    }
    CHECK(faults.count == 9);
    CHECK(below.back == 0);
}

TEST_CASE("a second free is told while the upstream has not used the memory, also of a block that was misused") {
    keeping_upstream     below;
    canary_resource      canary(&below);
    const counted_faults faults;
    for (const std::size_t bytes : sizes)
        for (const std::size_t alignment : alignments) {
            void* const block = canary.allocate(bytes, alignment);
            canary.deallocate(block, bytes, alignment);
            for (int i = 0; i != 16; ++i) poke(block, i - 32, 0x55);  // where an upstream keeps its links
            faults.count = 0;
            canary.deallocate(block, bytes, alignment);
            REQUIRE(faults.count == 1);
            CHECK(last().kind == fault_kind::double_free);
            CHECK(last().state == block_state::freed);
            CHECK(last().expected_bytes == bytes);
            CHECK(last().expected_alignment == alignment);
        }
    void* const block = canary.allocate(64);
    canary.deallocate(block, 63);
    CHECK(last().kind == fault_kind::wrong_size);
    canary.deallocate(block, 64);
    CHECK(last().kind == fault_kind::double_free);
    CHECK(below.back == std::size(sizes) * std::size(alignments));
}

TEST_CASE("a double free over a pool is found at once") {
    pool_resource        pool;  // keeps the memory, as malloc does, and watched memory stays readable
    canary_resource      canary(&pool);
    const counted_faults faults;
    void* const          block = canary.allocate(64);
    canary.deallocate(block, 64);
    canary.deallocate(block, 64);
    CHECK(faults.count == 1);
    CHECK(last().kind == fault_kind::double_free);
}

TEST_CASE("a block of another canary is told from what is nobody's") {
    keeping_upstream     below;
    canary_resource      one(&below), other(&below);
    const counted_faults faults;
    void* const          block = one.allocate(64);
    other.deallocate(block, 64);
    CHECK(last().kind == fault_kind::wrong_resource);
    CHECK(last().expected_bytes == 64);
    CHECK(last().block == block);

    alignas(64) unsigned char local[256] = {};
    void* const               bare = below.allocate(256, 16);
    void* const               whole = one.allocate(256);
    std::memset(whole, 0, 256);
    for (void* const foreign : {static_cast<void*>(local + 64), static_cast<void*>(static_cast<char*>(bare) + 64), static_cast<void*>(nullptr),
             reinterpret_cast<void*>(0x1000), static_cast<void*>(static_cast<char*>(whole) + 1), static_cast<void*>(static_cast<char*>(whole) + 64)}) {
        faults.count = 0;
        one.deallocate(foreign, 64);
        CHECK(faults.count == 1);
        CHECK(last().kind == fault_kind::foreign_pointer);
        CHECK(last().expected_bytes == 0);  // what lies there is not believed
        CHECK(last().address == foreign);
    }
    CHECK(below.back == 0);
}

TEST_CASE("a header that was copied elsewhere is foreign there") {
    pool_resource        pool;
    canary_resource      canary(&pool);
    const counted_faults faults;
    auto* const          block = static_cast<unsigned char*>(canary.allocate(64));
    auto* const          larger = static_cast<unsigned char*>(canary.allocate(256));
    for (int i = 0; i != 96; ++i) poke(larger, i, peek(block, i - 32));
    faults.count = 0;
    canary.deallocate(larger + 32, 64);
    CHECK(peek(larger, 16) == peek(block, -16));  // nor is anything written there
    CHECK(peek(larger, 24) == peek(block, -8));
    CHECK(faults.count == 1);
    // Size and owner agree, the cookie does not: it is not taken, whatever it is called.
    CHECK((last().kind == fault_kind::underrun || last().kind == fault_kind::foreign_pointer));
}

TEST_CASE("faults go to the resource's own handler where it has one") {
    static int           own = 0;
    keeping_upstream     below;
    canary_resource      canary({.on_fault = [](const fault_report&) noexcept {
                                ++own;
                                return fault_answer::quarantine;
                            }}, &below);
    const counted_faults faults;
    canary.deallocate(canary.allocate(1), 2);
    CHECK(own == 1);
    CHECK(faults.count == 0);
}

TEST_CASE("new and freed blocks are filled on request") {
    keeping_upstream below;
    canary_resource  canary({.fill = true}, &below);
    void* const      block = canary.allocate(13);
    CHECK(peek(block, 0) == 0xcd);
    CHECK(peek(block, 12) == 0xcd);
    canary.deallocate(block, 13);
    CHECK(peek(block, 0) == 0xdf);
    CHECK(peek(block, 12) == 0xdf);
}

TEST_CASE("what can't be is refused before the upstream is asked") {
    keeping_upstream below;
    canary_resource  canary(&below);
    for (const std::size_t bytes : {SIZE_MAX, SIZE_MAX - 47, std::size_t{PTRDIFF_MAX}, std::size_t{PTRDIFF_MAX} - 47})
        CHECK_THROWS_AS(canary.allocate(bytes), out_of_memory);
    CHECK_THROWS_AS(canary.allocate(8, std::size_t{1} << 63), out_of_memory);
    CHECK_THROWS_AS(canary.allocate(8, 0), bad_alignment);
    CHECK_THROWS_AS(canary.allocate(8, 24), bad_alignment);
    CHECK(below.blocks.empty());
}

TEST_CASE("over a quarantine a double free is one, and size faults never reach it") {
    keeping_upstream     below;
    quarantine_resource  quarantine(&below);
    canary_resource      canary(&quarantine);
    const counted_faults faults;
    void* const          block = canary.allocate(64);
    canary.deallocate(block, 64);
    canary.deallocate(block, 64);
    CHECK(faults.count == 1);
    CHECK(last().kind == fault_kind::double_free);
    canary.deallocate(canary.allocate(64), 65);
    CHECK(faults.count == 2);
    CHECK(quarantine.usage().blocks == 1);
}

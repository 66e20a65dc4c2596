#include "support/catch.hpp"

#include <autopmr/errors.hpp>
#include <autopmr/guarded/page_guarded_resource.hpp>

#include "guarded/poke.hpp"
#include "support/child.hpp"
#include "support/faults.hpp"

#include <cstdint>
#include <cstring>
#include <list>
#include <map>
#include <memory_resource>
#include <string>
#include <unordered_map>
#include <vector>

using namespace autopmr;
using autopmr_test::counted_faults;
using autopmr_test::faults;
using autopmr_test::in_child;

namespace {

/// Both ways of guarding: this kernel's markers, and mappings.
page_guarded_options with(bool markers) { return {.pool = {.guard_markers = markers}, .leaks = leak_answer::ignore}; }

}  // namespace

TEST_CASE("A block ends at a guard page, and begins at one where that is asked for") {
    const bool markers = GENERATE(true, false);
    for (const std::size_t bytes : {std::size_t{16}, std::size_t{64}, std::size_t{4096}, std::size_t{12288}, std::size_t{1} << 20}) {
        page_guarded_options options = with(markers);
        page_guarded_resource after(options);
        auto* const           block = static_cast<char*>(after.allocate(bytes, 16));
        std::memset(block, 7, bytes);
        CHECK(faults(block + bytes));
        CHECK(faults(block + bytes, fault_access::write));
        CHECK(faults(block + bytes + 4095, fault_access::write));
        after.deallocate(block, bytes, 16);
        options.pool.placement = guard_placement::before;
        page_guarded_resource before(options);
        auto* const           other = static_cast<char*>(before.allocate(bytes, 16));
        std::memset(other, 7, bytes);
        CHECK(faults(other - 1));
        CHECK(faults(other - 4096, fault_access::write));
        before.deallocate(other, bytes, 16);
    }
}

TEST_CASE("A large block is guarded as a small one is") {
    page_guarded_resource guarded(with(GENERATE(true, false)));
    for (const std::size_t bytes : {std::size_t{5} << 20, std::size_t{100} << 20}) {
        auto* const block = static_cast<char*>(guarded.allocate(bytes, 64));
        block[0] = block[bytes - 1] = 1;
        CHECK(faults(block + bytes, fault_access::write));
        CHECK(faults(block - 5000));
        guarded.deallocate(block, bytes, 64);
        CHECK(faults(block + bytes / 2));
    }
}

TEST_CASE("Alternating blocks touch a guard page at either end") {
    page_guarded_options options = with(true);
    options.pool.placement = guard_placement::alternate;
    page_guarded_resource guarded(options);
    int                   at_end = 0, at_beginning = 0;
    for (int i = 0; i != 8; ++i) {
        auto* const block = static_cast<char*>(guarded.allocate(64, 8));
        if ((reinterpret_cast<std::uintptr_t>(block) & 4095) == 0) ++at_beginning;
        if ((reinterpret_cast<std::uintptr_t>(block + 64) & 4095) == 0) ++at_end;
        guarded.deallocate(block, 64, 8);
    }
    CHECK((at_end == 4 && at_beginning == 4));
}

TEST_CASE("A freed block faults on any access") {
    page_guarded_resource guarded(with(GENERATE(true, false)));
    auto* const           block = static_cast<char*>(guarded.allocate(64, 8));
    guarded.deallocate(block, 64, 8);
    CHECK(faults(block));
    CHECK(faults(block + 63, fault_access::write));
    for (int i = 0; i != 1000; ++i) guarded.deallocate(guarded.allocate(64, 8), 64, 8);
    CHECK(faults(block, fault_access::write));
    CHECK(guarded.find(block).state == block_state::freed);
}

TEST_CASE("Blocks of no bytes have addresses of their own that may not be touched") {
    page_guarded_resource guarded(with(GENERATE(true, false)));
    void* const           one = guarded.allocate(0, 1);
    void* const           two = guarded.allocate(0, 65536);
    REQUIRE((one != nullptr && two != nullptr && one != two));
    CHECK(faults(one));
    CHECK(faults(two));
    CHECK(reinterpret_cast<std::uintptr_t>(two) % 65536 == 0);
    counted_faults counted;
    guarded.deallocate(one, 0, 1);
    guarded.deallocate(two, 0, 65536);
    CHECK(counted.count == 0);
}

TEST_CASE("Alignment up to 64 KiB; beyond, a clear error") {
    page_guarded_resource guarded(with(GENERATE(true, false)));
    counted_faults        counted;
    for (std::size_t alignment = 1; alignment <= 65536; alignment *= 2)
        for (const std::size_t bytes : {std::size_t{1}, std::size_t{100}, std::size_t{5000}, alignment, std::size_t{70000}}) {
            auto* const block = static_cast<char*>(guarded.allocate(bytes, alignment));
            CHECK(reinterpret_cast<std::uintptr_t>(block) % alignment == 0);
            std::memset(block, 7, bytes);
            guarded.deallocate(block, bytes, alignment);
        }
    CHECK(counted.count == 0);
    CHECK_THROWS_AS(guarded.allocate(1, 131072), out_of_memory);
    CHECK_THROWS_AS(guarded.allocate(1, 3), bad_alignment);
    CHECK_THROWS_AS(guarded.allocate(SIZE_MAX, 1), out_of_memory);
    CHECK_THROWS_AS(guarded.allocate(std::size_t{1} << 60, 1), out_of_memory);
}

TEST_CASE("What a deallocation says wrongly is reported, once, as it is") {
    page_guarded_resource guarded(with(GENERATE(true, false))), other(with(true));
    counted_faults        counted;
    auto* const           block = static_cast<char*>(guarded.allocate(100, 4));
    const auto            last = [&] { return counted_faults::last.kind; };
    guarded.deallocate(block + 1, 99, 4);
    CHECK(last() == fault_kind::interior_pointer);
    CHECK(counted_faults::last.block == block);
    CHECK(guarded.find(block).state == block_state::live);
    SECTION("size") {
        guarded.deallocate(block, 99, 4);
        CHECK(last() == fault_kind::wrong_size);
        CHECK((counted_faults::last.expected_bytes == 100 && counted_faults::last.given_bytes == 99));
        CHECK(counted_faults::last.state == block_state::live);
        CHECK(counted_faults::last.allocated.sequence == 1);
        CHECK(counted_faults::last.allocated.depth > 1);
    }
    SECTION("alignment") {
        guarded.deallocate(block, 100, 8);
        CHECK(last() == fault_kind::wrong_alignment);
    }
    SECTION("twice") {
        guarded.deallocate(block, 100, 4);
        CHECK(counted.count == 1);
        guarded.deallocate(block, 100, 4);
        CHECK(last() == fault_kind::double_free);
        CHECK(counted_faults::last.frees_ago == 1);
        CHECK(counted_faults::last.deallocated.sequence == 2);
    }
    SECTION("foreign, and wild") {
        int here = 0;
        guarded.deallocate(&here, 4, 4);
        CHECK(last() == fault_kind::foreign_pointer);
        guarded.deallocate(reinterpret_cast<void*>(0x10000), 4, 4);
        CHECK(last() == fault_kind::foreign_pointer);
        guarded.deallocate(block + (std::size_t{1} << 22), 4, 4);
        CHECK(last() == fault_kind::foreign_pointer);
        other.deallocate(block, 100, 4);
        CHECK(last() == fault_kind::foreign_pointer);
        CHECK(counted.count == 5);
        return;
    }
    CHECK(counted.count == 2);
}

TEST_CASE("A block of another resource in the same pool is told apart") {
    guard_pool            pool;
    page_guarded_options  options = with(true);
    options.name = "first";
    page_guarded_resource first(pool, options), second(pool, with(true));
    counted_faults        counted;
    void* const           block = first.allocate(8, 8);
    second.deallocate(block, 8, 8);
    CHECK(counted_faults::last.kind == fault_kind::wrong_resource);
    CHECK(std::string(counted_faults::last.resource) == "first");
    CHECK(counted.count == 1);
}

TEST_CASE("What is written beside a block is found at its free, by verify() and at the end") {
    page_guarded_options options = with(GENERATE(true, false));
    counted_faults       counted;
    std::size_t          byte = GENERATE(1, 2, 33, 3000);
    {
        page_guarded_resource guarded(options);
        auto* const           block = static_cast<unsigned char*>(guarded.allocate(62, 4));  // two bytes are left behind it
        SECTION("in front") {
            block[-static_cast<std::ptrdiff_t>(byte)] ^= 0xFF;
            CHECK(guarded.verify() == 1);
            CHECK(counted_faults::last.kind == fault_kind::underrun);
            CHECK(counted_faults::last.before_start == byte);
            CHECK(guarded.verify() == 0);
            guarded.deallocate(block, 62, 4);
        }
        SECTION("behind") {
            block[62] = 0;
            guarded.deallocate(block, 62, 4);
            CHECK(counted_faults::last.kind == fault_kind::overrun);
            CHECK(counted_faults::last.past_end == 1);
            CHECK(counted_faults::last.access == fault_access::free);
        }
        SECTION("and nobody frees it") { block[63] ^= 1; }
    }
    CHECK(counted.count == 1);
}

TEST_CASE("Blocks that live at the end are answered for as was asked") {
    counted_faults       counted;
    page_guarded_options options = with(true);
    options.leaks = GENERATE(leak_answer::ignore, leak_answer::fault);
    guard_pool pool;
    void*      block = nullptr;
    {
        page_guarded_resource guarded(pool, options);
        block = guarded.allocate(10, 2);
    }
    CHECK(counted.count == (options.leaks == leak_answer::fault ? 1 : 0));
    if (counted.count != 0) CHECK(counted_faults::last.kind == fault_kind::leak);
    CHECK(pool.find(block).state == block_state::freed);
    CHECK(pool.usage().live == 0);
    const auto end = in_child([&] {
        options.leaks = leak_answer::report;
        page_guarded_resource guarded(pool, options);
        static_cast<void>(guarded.allocate(11, 1));
        return 0;
    });
    CHECK(end.error.find("leak") != std::string::npos);
}

TEST_CASE("The containers of the standard library run clean") {
    page_guarded_options options = with(GENERATE(true, false));
    options.leaks = leak_answer::fault;
    options.pool.placement = GENERATE(guard_placement::after, guard_placement::before, guard_placement::alternate);
    counted_faults counted;
    {
        page_guarded_resource guarded(options);
        std::pmr::vector<std::pmr::string>             strings(&guarded);
        std::pmr::map<int, std::pmr::string>           tree(&guarded);
        std::pmr::list<int>                            list(&guarded);
        std::pmr::unordered_map<std::pmr::string, int> table(&guarded);
        for (int i = 0; i != 300; ++i) {
            strings.emplace_back(static_cast<std::size_t>(i), 'x');
            tree[i] = "a text that is too long for the object itself";
            list.push_front(i);
            table["another text that is too long: " + std::pmr::string(std::to_string(i))] = i;
            if (i % 3 == 0) tree.erase(i / 2), list.pop_back();
        }
        CHECK(guarded.verify() == 0);
    }
    CHECK(counted.count == 0);
}

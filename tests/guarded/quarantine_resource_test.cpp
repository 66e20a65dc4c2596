#include <autopmr/guarded/quarantine_resource.hpp>

#include <autopmr/errors.hpp>

#include "guarded/poke.hpp"
#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/exact_upstream.hpp"
#include "support/faults.hpp"
#include "support/sanitized.hpp"

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace autopmr;
using autopmr_test::counted_faults;
using autopmr_test::exact_upstream;
using autopmr_test::in_child;
using autopmr_test::keeping_upstream;
using autopmr_test::peek;
using autopmr_test::poke;

namespace {

const fault_report& last() { return counted_faults::last; }

}  // namespace

TEST_CASE("freed blocks are kept for the budget of blocks and of bytes, and go back as they came") {
    exact_upstream below;
    {
        quarantine_resource quarantine({.most_blocks = 10, .most_bytes = 1000}, &below);
        for (int i = 0; i != 100; ++i) quarantine.deallocate(quarantine.allocate(8, 8), 8, 8);
        CHECK(quarantine.usage().blocks == 10);
        CHECK(below.live() == 10);
        quarantine.deallocate(quarantine.allocate(900, 64), 900, 64);
        CHECK(quarantine.usage().bytes <= 1000);
        CHECK(quarantine.usage().bytes >= 900);
        quarantine.deallocate(quarantine.allocate(1001, 1), 1001, 1);  // too large: goes back at once
        CHECK(below.live_bytes() == quarantine.usage().bytes);
        quarantine.trim();
        CHECK(quarantine.usage().blocks == 0);
        CHECK(below.live() == 0);
        quarantine.deallocate(quarantine.allocate(0, 1), 0, 1);
        CHECK(below.live() == 1);
    }
    CHECK(below.live() == 0);
    CHECK(below.complaints() == 0);
}

TEST_CASE("the defaults keep each block for 4096 frees at least") {
    keeping_upstream     below;
    quarantine_resource  quarantine(&below);
    const counted_faults faults;
    for (int round = 0; round != 3; ++round) {
        void* const old = quarantine.allocate(64);
        quarantine.deallocate(old, 64);
        for (int i = 0; i != 4096; ++i) quarantine.deallocate(quarantine.allocate(64), 64);
        faults.count = 0;
        quarantine.deallocate(old, 64);
        CHECK(faults.count == 1);
        CHECK(last().kind == fault_kind::double_free);
        CHECK(last().state == block_state::freed);
        CHECK(last().frees_ago == 4097);
        CHECK(last().expected_bytes == 64);
        for (int i = 0; i != 8000; ++i) quarantine.deallocate(quarantine.allocate(64), 64);
    }
}

TEST_CASE("a write after free is found by verify, once, with its first byte") {
    keeping_upstream     below;
    quarantine_resource  quarantine({.name = "pen", .subsystem = "parser"}, &below);
    const counted_faults faults;
    std::vector<void*>   blocks;
    for (int i = 0; i != 100; ++i) blocks.push_back(quarantine.allocate(100, 4));
    for (void* const block : blocks) quarantine.deallocate(block, 100, 4);
    CHECK(quarantine.verify() == 0);
    poke(blocks[50], 77, 1);
    poke(blocks[50], 99, 1);
    CHECK(quarantine.verify() == 1);
    CHECK(last().kind == fault_kind::write_after_free);
    CHECK(last().address == static_cast<char*>(blocks[50]) + 77);
    CHECK(last().block == blocks[50]);
    CHECK(last().expected_bytes == 100);
    CHECK(last().expected_alignment == 4);
    CHECK(last().state == block_state::freed);
    CHECK(last().frees_ago == 50);
    CHECK(last().resource == std::string("pen"));
    CHECK(last().subsystem == std::string("parser"));
    CHECK(quarantine.verify() == 0);
    quarantine.trim();
    CHECK(faults.count == 1);
    CHECK(below.back == 99);  // it alone never went back
    CHECK(below.wrong == 0);
}

TEST_CASE("every byte of a freed block is watched, until it leaves and at the end") {
    const counted_faults faults;
    for (const bool zero : {false, true})
        for (const std::size_t bytes : {1u, 2u, 7u, 8u, 64u, 4097u})
            for (const std::size_t at : {std::size_t{0}, bytes / 2, bytes - 1}) {
                keeping_upstream below;
                faults.count = 0;
                {
                    quarantine_resource quarantine({.most_blocks = 4, .zero = zero}, &below);
                    void* const         block = quarantine.allocate(bytes);
                    quarantine.deallocate(block, bytes);
                    CHECK(peek(block, static_cast<std::ptrdiff_t>(at)) == (zero ? 0 : 0xdf));
                    poke(block, static_cast<std::ptrdiff_t>(at), 0x11);
                    if (at % 2 == 0)  // else the destructor finds it
                        for (int i = 0; i != 9; ++i) quarantine.deallocate(quarantine.allocate(8), 8);
                }
                CHECK(faults.count == 1);
                CHECK(last().kind == fault_kind::write_after_free);
            }
}

TEST_CASE("the order in which blocks leave is shuffled, or is not") {
    for (const bool shuffle : {false, true}) {
        keeping_upstream    below;
        quarantine_resource quarantine({.most_blocks = 64, .shuffle = shuffle, .zero = true}, &below);
        const counted_faults faults;
        std::vector<void*>   blocks;
        for (int i = 0; i != 128; ++i) blocks.push_back(quarantine.allocate(16));
        for (void* const block : blocks) quarantine.deallocate(block, 16);
        std::set<std::size_t> kept;  // a second free tells whether a block is still here
        for (std::size_t i = 0; i != 64; ++i) {
            faults.count = 0;
            quarantine.deallocate(blocks[127 - i], 16);
            if (faults.count == 1) kept.insert(127 - i);
            else break;
        }
        if (!shuffle) CHECK(kept.size() == 64);
        else CHECK(kept.size() >= 1);  // sequences are random; below, that they differ
    }
    // First in, first out returns blocks in order; shuffled it does not, in one of many draws.
    struct recorder final : std::pmr::memory_resource {
        std::vector<void*> order;
        void* do_allocate(std::size_t bytes, std::size_t alignment) override { return std::pmr::new_delete_resource()->allocate(bytes, alignment); }
        void  do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
            order.push_back(p);
            std::pmr::new_delete_resource()->deallocate(p, bytes, alignment);
        }
        bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
    };
    for (const bool shuffle : {false, true}) {
        recorder           below;
        std::vector<void*> blocks;
        {
            quarantine_resource quarantine({.most_blocks = 64, .shuffle = shuffle}, &below);
            for (int i = 0; i != 64; ++i) blocks.push_back(quarantine.allocate(16));
            for (void* const block : blocks) quarantine.deallocate(block, 16);
        }
        CHECK((below.order == blocks) == !shuffle);
    }
}

TEST_CASE("where the upstream refuses, what is kept goes back and it is asked once more") {
    struct small final : std::pmr::memory_resource {
        int   live = 0;
        void* do_allocate(std::size_t bytes, std::size_t alignment) override {
            if (live == 4) throw std::bad_alloc();
            ++live;
            return std::pmr::new_delete_resource()->allocate(bytes, alignment);
        }
        void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
            --live;
            std::pmr::new_delete_resource()->deallocate(p, bytes, alignment);
        }
        bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
    } below;
    quarantine_resource quarantine(&below);
    for (int i = 0; i != 100; ++i) quarantine.deallocate(quarantine.allocate(64), 64);
    void* blocks[4];
    for (void*& block : blocks) block = quarantine.allocate(64);
    CHECK_THROWS_AS(quarantine.allocate(64), std::bad_alloc);
    for (void* const block : blocks) quarantine.deallocate(block, 64);
    CHECK(below.live == 4);
    CHECK_THROWS_AS(quarantine.allocate(8, 3), bad_alignment);
    CHECK_THROWS_AS(quarantine.allocate(SIZE_MAX, 8), out_of_memory);
}

TEST_CASE("a handler that says no ends the program with a report") {
    const auto end = in_child([] {
        quarantine_resource quarantine;
        void* const         block = quarantine.allocate(64);
        quarantine.deallocate(block, 64);
        quarantine.deallocate(block, 64);
        return 0;
    });
    CHECK(end.signal == SIGABRT);
    CHECK(end.error.find("double free") != std::string::npos);
    CHECK(end.error.find("quarantine") != std::string::npos);
}

TEST_CASE("a child that is forked while other threads free can go on", "[fork]") {
    if (!malloc_survives_fork) {
        WARN("skipped: the sanitizer's malloc does not survive a fork of several threads");
        return;
    }
    quarantine_resource      quarantine({.most_blocks = 50});
    std::atomic<bool>        stop{false};
    std::vector<std::thread> threads;
    for (int t = 0; t != 2; ++t)
        threads.emplace_back([&] {
            while (!stop) quarantine.deallocate(quarantine.allocate(64), 64);
        });
    for (int i = 0; i != 10; ++i) {
        const auto end = in_child([&] {
            for (int n = 0; n != 200; ++n) quarantine.deallocate(quarantine.allocate(64), 64);
            return quarantine.verify() == 0 ? 0 : 1;
        });
        CHECK(end.exit_status == 0);
    }
    stop = true;
    for (std::thread& thread : threads) thread.join();
}

TEST_CASE("AddressSanitizer sees a use of what is kept at once") {
    if (!under_asan) {
        WARN("skipped: not compiled for AddressSanitizer");
        return;
    }
    const auto end = in_child([] {
        quarantine_resource quarantine;
        auto* const         block = static_cast<volatile char*>(quarantine.allocate(64));
        quarantine.deallocate(const_cast<char*>(block), 64);
        return static_cast<int>(block[3]);
    });
    CHECK(end.error.find("AddressSanitizer") != std::string::npos);
}

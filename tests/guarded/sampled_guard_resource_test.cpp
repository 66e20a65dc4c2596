#include <autopmr/guarded/sampled_guard_resource.hpp>

#include <autopmr/backends/new_delete.hpp>
#include <autopmr/describe.hpp>
#include <autopmr/errors.hpp>

#include "guarded/sampling.hpp"
#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/faults.hpp"
#include "support/sanitized.hpp"
#include "support/strict_upstream.hpp"

#include <atomic>
#include <csignal>
#include <cstddef>
#include <memory_resource>
#include <thread>
#include <vector>

using namespace autopmr;
using autopmr_test::bump;
using autopmr_test::counted_faults;
using autopmr_test::in_child;
using autopmr_test::one_in;
using autopmr_test::small;

TEST_CASE("of many allocations on many threads one in N is sampled, for each resource") {
    bump                     below;
    guard_pool               pool(small(64));
    sampled_guard_resource   often(one_in(500, &pool), &below), seldom(one_in(5000, &pool), &below);
    std::vector<std::thread> threads;
    for (int t = 0; t != 8; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i != 1250000; ++i) {
                void* const block = seldom.allocate(64);
                seldom.deallocate(block, 64);
                if (i % 10 == 0) {
                    void* const other = often.allocate(48, 8);
                    often.deallocate(other, 48, 8);
                }
            }
        });
    for (std::thread& one : threads) one.join();
    CHECK((seldom.now().sampled > 1800 && seldom.now().sampled < 2200));
    CHECK((often.now().sampled > 1800 && often.now().sampled < 2200));
    CHECK(pool.usage().live == 0);
}

TEST_CASE("what is not sampled goes to the upstream as it came, and so does everything at rate 0") {
    autopmr_test::strict_upstream upstream;
    guard_pool                    pool(small(4));
    {
        sampled_guard_resource all(one_in(1, &pool), &upstream), off(one_in(0, &pool), &upstream);
        void*                  blocks[6];
        for (void*& block : blocks) block = all.allocate(40, 8);
        CHECK(all.now().sampled == 4);
        CHECK(all.now().passed_over == 2);
        CHECK(upstream.allocations == 2);
        CHECK(pool.contains(blocks[0]));
        CHECK_FALSE(pool.contains(blocks[5]));
        void* const plain = off.allocate(10, 1);
        CHECK_FALSE(pool.contains(plain));
        off.deallocate(plain, 10, 1);
        for (void* block : blocks) all.deallocate(block, 40, 8);
        CHECK(pool.usage().live == 0);
        CHECK(describe(&off).find("off") != std::string::npos);
        CHECK(describe(&all).find("sampled_guard: 1 in 1, 4 sampled, 2 passed over, 0 live in its pool") == 0);
    }
    CHECK(upstream.live() == 0);
    CHECK_FALSE(upstream.wrong);
}

TEST_CASE("what the upstream refuses is refused") {
    new_delete_resource    below;  // the standard's own would ask a sanitizer, which ends the program
    sampled_guard_resource r(one_in(1), &below);
    CHECK_THROWS_AS(r.allocate(SIZE_MAX, 1), out_of_memory);
    CHECK_THROWS_AS(r.allocate(SIZE_MAX - 4096, 4096), out_of_memory);
    CHECK_THROWS_AS(r.allocate(64, 48), bad_alignment);
    sampled_guard_resource nothing(one_in(0), std::pmr::null_memory_resource());
    CHECK_THROWS_AS(nothing.allocate(1), std::bad_alloc);
}

TEST_CASE("misuse of a sampled block is found") {
    counted_faults         faults;
    guard_pool             pool(small(16));
    sampled_guard_options  options = one_in(1, &pool);
    options.name = "shop";
    options.subsystem = "till";
    sampled_guard_resource r(options, std::pmr::new_delete_resource()), other(one_in(1, &pool), std::pmr::new_delete_resource());

    r.deallocate(r.allocate(64), 63);
    CHECK(faults.last.kind == fault_kind::wrong_size);
    CHECK(std::string(faults.last.resource) == "shop");
    CHECK(std::string(faults.last.subsystem) == "till");
    r.deallocate(r.allocate(64, 8), 64, 4);
    CHECK(faults.last.kind == fault_kind::wrong_alignment);
    void* const twice = r.allocate(64);
    r.deallocate(twice, 64);
    CHECK(faults.count == 2);
    r.deallocate(twice, 64);
    CHECK(faults.last.kind == fault_kind::double_free);
    void* const inside = r.allocate(64);
    r.deallocate(static_cast<char*>(inside) + 16, 48);
    CHECK(faults.last.kind == fault_kind::interior_pointer);
    r.deallocate(inside, 64);
    void* const foreign = r.allocate(64);
    other.deallocate(foreign, 64);
    CHECK(faults.last.kind == fault_kind::wrong_resource);
    CHECK(faults.count == 5);
}

TEST_CASE("a resource that has sampled nothing yet knows the blocks of the process's pool") {
    counted_faults         faults;
    sampled_guard_resource all(one_in(1), std::pmr::new_delete_resource()), young(one_in(4000000000), std::pmr::new_delete_resource());
    void* const            block = all.allocate(8, 8);
    REQUIRE(sampled_guard_pool().contains(block));
    young.deallocate(block, 8, 8);
    CHECK(faults.count == 1);
    CHECK(faults.last.kind == fault_kind::wrong_resource);
}

TEST_CASE("a sampled block is touched only within its bounds and its life") {
    if (under_asan || under_tsan) return;  // their handlers answer with an exit status of their own
    sampled_guard_resource r(one_in(1), std::pmr::new_delete_resource());
    const auto past = in_child([&] {
        auto* const block = static_cast<volatile char*>(r.allocate(64, 8));
        block[63] = 1;
        block[64] = 1;
        return 0;
    });
    CHECK(past.signal == SIGSEGV);
    const auto late = in_child([&] {
        auto* const block = static_cast<volatile char*>(r.allocate(64, 8));
        r.deallocate(const_cast<char*>(block), 64, 8);
        return static_cast<int>(block[0]);
    });
    CHECK(late.signal == SIGSEGV);
}

TEST_CASE("leaks of sampled blocks are answered for at the end") {
    counted_faults faults;
    guard_pool     pool(small(16));
    for (const leak_answer answer : {leak_answer::ignore, leak_answer::fault}) {
        sampled_guard_options options = one_in(1, &pool);
        options.leaks = answer;
        sampled_guard_resource r(options, std::pmr::new_delete_resource());
        static_cast<void>(r.allocate(64));
    }
    CHECK(faults.count == 1);
    CHECK(faults.last.kind == fault_kind::leak);
    CHECK(pool.usage().live == 0);
}

TEST_CASE("of two in one stack with one pool the lower one samples") {
    counted_faults         faults;
    guard_pool             pool(small(64)), another(small(64));
    sampled_guard_resource lower(one_in(1, &pool), std::pmr::new_delete_resource());
    std::pmr::memory_resource* const as_base = &lower;  // what a default resource is seen as
    sampled_guard_resource upper(one_in(1, &pool), as_base), apart(one_in(1, &another), as_base);
    CHECK(upper.rate() == 0);
    CHECK(apart.rate() == 1);
    upper.deallocate(upper.allocate(24), 24);
    apart.deallocate(apart.allocate(24), 24);
    CHECK(lower.now().sampled == 1);
    CHECK(apart.now().sampled == 1);
    CHECK(faults.count == 0);
}

TEST_CASE("shapes that were not sampled yet come first") {
    bump                   below;
    guard_pool             pool(small(64));
    sampled_guard_resource r(one_in(5000, &pool), &below);
    // One shape is everywhere, the other is one in a hundred: by chance alone it would be sampled once in half a million.
    int until = 0;
    for (bool found = false; !found && until != 500000; ++until) {
        const std::size_t bytes = until % 100 == 0 ? 1000 : 64;
        void* const       block = r.allocate(bytes);
        found = bytes == 1000 && pool.contains(block);
        r.deallocate(block, bytes);
    }
    CHECK(until < 250000);  // at a look every 312 that falls on it: 31,000
}

TEST_CASE("as its pool fills up, shapes that were seen are passed over and new ones are not") {
    bump                   below;
    guard_pool             pool(small(32));
    sampled_guard_resource r(one_in(10, &pool), &below);
    std::vector<void*>     kept;
    const auto             keep = [&](std::size_t bytes, int times) {
        for (int i = 0; i != times; ++i)
            if (void* const block = r.allocate(bytes); pool.contains(block)) kept.push_back(block);
            else r.deallocate(block, bytes);
    };
    keep(64, 100000);  // the first refusal shows how large the pool is
    REQUIRE(pool.usage().live == 32);
    for (int i = 0; i != 16; ++i) r.deallocate(kept[static_cast<std::size_t>(i)], 64);
    kept.erase(kept.begin(), kept.begin() + 16);
    keep(64, 200);  // about 20 samples are due: from half full on, fewer and fewer are taken
    CHECK(pool.usage().live < 32);
    const std::size_t before = pool.usage().live;
    keep(96, 200);
    CHECK(pool.usage().live > before);
    CHECK(r.now().passed_over > 0);
}

#include <autopmr/decorators/fallback_resource.hpp>
#include <autopmr/decorators/limit.hpp>
#include <autopmr/errors.hpp>
#include <autopmr/fault_report.hpp>

#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/exact_upstream.hpp"
#include "support/sanitized.hpp"

#include <atomic>
#include <cstring>
#include <map>
#include <new>
#include <random>
#include <thread>
#include <vector>

using namespace autopmr;
using autopmr_test::exact_upstream;

TEST_CASE("the secondary is asked only when the primary refuses, and each block goes back to where it came from") {
    exact_upstream    first, second;
    fallback_resource both(&first, &second);
    void*             a = both.allocate(10, 8);
    CHECK(first.live() == 1);
    CHECK(second.live() == 0);
    first.refuse_from(1);
    void* b = both.allocate(20, 64);
    void* c = both.allocate(0, 1);
    CHECK(reinterpret_cast<std::uintptr_t>(b) % 64 == 0);
    CHECK(second.live() == 2);
    CHECK(both.fallen_back() == 2);
    CHECK(both.facts().view() == "2 live from the second below");
    first.refuse_from(0);
    void* d = both.allocate(30, 8);
    CHECK(first.live() == 2);
    std::memset(b, 1, 20);
    for (const auto& [block, bytes, alignment] :
        {std::tuple(b, 20, 64), std::tuple(a, 10, 8), std::tuple(c, 0, 1), std::tuple(d, 30, 8)})
        both.deallocate(block, static_cast<std::size_t>(bytes), static_cast<std::size_t>(alignment));
    CHECK(first.live() + second.live() + both.fallen_back() == 0);
    CHECK(first.complaints() + second.complaints() == 0);
}

TEST_CASE("where both refuse, it is the secondary's refusal that is heard, and nothing is left behind") {
    exact_upstream    first, second;
    fallback_resource both(&first, &second);
    first.refuse_from(1);
    second.refuse_from(3);
    void* a = both.allocate(10);
    void* b = both.allocate(10);
    CHECK_THROWS_AS(both.allocate(10), std::bad_alloc);
    CHECK(both.fallen_back() == 2);
    both.deallocate(a, 10);
    both.deallocate(b, 10);
    CHECK(second.live() == 0);

    limit_resource    none(0, std::pmr::new_delete_resource());
    fallback_resource bounded(&first, &none);
    CHECK_THROWS_AS(bounded.allocate(10), limit_exceeded);
}

TEST_CASE("what no resource can serve is refused, and what is no bad_alloc passes") {
    exact_upstream    first, second;
    fallback_resource both(&first, &second);
    first.refuse_from(1);
    CHECK_THROWS_AS(both.allocate(8, 3), bad_alignment);
    CHECK_THROWS_AS(both.allocate(8, 0), bad_alignment);
    for (std::size_t bytes :
        {SIZE_MAX, SIZE_MAX - 7, SIZE_MAX - 47, std::size_t{PTRDIFF_MAX}, std::size_t{PTRDIFF_MAX} - 40})
        CHECK_THROWS_AS(both.allocate(bytes), out_of_memory);
    CHECK(second.live() == 0);

    struct odd final : std::pmr::memory_resource {
        void* do_allocate(std::size_t, std::size_t) override { throw 7; }
        void  do_deallocate(void*, std::size_t, std::size_t) override {}
        bool  do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
    } strange;
    fallback_resource over_strange(&strange, &second);
    CHECK_THROWS_AS(over_strange.allocate(8), int);

    struct misused final : std::pmr::memory_resource {  // as thread_check refuses: no want of memory
        void* do_allocate(std::size_t bytes, std::size_t alignment) override { throw_wrong_thread(bytes, alignment, "misused"); }
        void  do_deallocate(void*, std::size_t, std::size_t) override {}
        bool  do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
    } elsewhere;
    fallback_resource over_misused(&elsewhere, &second);
    CHECK_THROWS_AS(over_misused.allocate(8), wrong_thread);
    CHECK(second.live() == 0);
}

TEST_CASE("any order of many blocks ends with nothing left") {
    exact_upstream    first, second;
    fallback_resource both(&first, &second);
    struct live_block {
        unsigned char* p;
        std::size_t    bytes, alignment;
        unsigned char  pattern;
    };
    std::vector<live_block> live;
    std::mt19937            roll(4711);
    for (unsigned step = 0; step != 20000; ++step) {
        first.refuse_from(roll() % 4 == 0 ? 0 : 1);
        if (roll() % 1000 < (step < 12000 ? 600u : 300u)) {
            const live_block b{nullptr, roll() % 100, std::size_t{1} << roll() % 8, static_cast<unsigned char>(step)};
            live.push_back(b);
            live.back().p = static_cast<unsigned char*>(both.allocate(b.bytes, b.alignment));
            std::memset(live.back().p, b.pattern, b.bytes);
        } else if (!live.empty()) {
            std::swap(live[roll() % live.size()], live.back());
            const live_block b = live.back();
            live.pop_back();
            for (std::size_t i = 0; i != b.bytes; ++i) REQUIRE(b.p[i] == b.pattern);
            both.deallocate(b.p, b.bytes, b.alignment);
        }
        if (step % 1000 == 0) REQUIRE(both.fallen_back() == second.live());
    }
    for (const live_block& b : live) both.deallocate(b.p, b.bytes, b.alignment);
    CHECK(first.live() + second.live() + both.fallen_back() == 0);
    CHECK(first.complaints() + second.complaints() == 0);
}

TEST_CASE("a block of the secondary that comes back as another is reported and kept") {
    static fault_report last;
    exact_upstream      first, second;
    fallback_resource   both(&first, &second);
    first.refuse_from(1);
    void* block = both.allocate(20, 8);
    set_fault_handler([](const fault_report& report) noexcept {
        last = report;
        return fault_answer::quarantine;
    });
    both.deallocate(block, 24, 8);
    CHECK(last.kind == fault_kind::wrong_size);
    CHECK(last.address == block);
    CHECK(last.expected_bytes == 20);
    CHECK(last.given_bytes == 24);
    both.deallocate(block, 20, 16);
    CHECK(last.kind == fault_kind::wrong_alignment);
    CHECK(last.expected_alignment == 8);
    CHECK(last.given_alignment == 16);
    CHECK(second.live() == 1);
    set_fault_handler(nullptr);
    both.deallocate(block, 20, 8);
    CHECK(second.live() == 0);
    CHECK(first.complaints() == 0);
}

namespace {

bool churn(fallback_resource& both, unsigned seed) {
    std::pmr::map<unsigned, unsigned> numbers(&both);
    for (unsigned i = 0; i != 300; ++i) numbers[i * seed % 97] = i;
    return numbers.size() == 97;
}

}  // namespace

TEST_CASE("threads fall back at the same time") {
    exact_upstream           second;
    limit_resource           first(2000, std::pmr::new_delete_resource());
    fallback_resource        both(&first, &second);
    std::atomic<unsigned>    fine{0};
    std::vector<std::thread> threads;
    for (unsigned t = 1; t != 5; ++t)
        threads.emplace_back([&, t] {
            for (unsigned round = 0; round != 30; ++round) fine += churn(both, t * 5 + 1) ? 1u : 0u;
        });
    for (std::thread& one : threads) one.join();
    CHECK(fine == 4 * 30);
    CHECK(second.live() == 0);
    CHECK(second.complaints() == 0);
    CHECK(first.observer().now().live == 0);
}

TEST_CASE("a child forked while others fall back may go on") {
    if (!malloc_survives_fork) {
        WARN("skipped: the sanitizer's malloc does not survive such a fork");
        return;
    }
    fallback_resource        both(std::pmr::null_memory_resource(), std::pmr::new_delete_resource());
    std::atomic<bool>        stop{false};
    std::vector<std::thread> threads;
    for (unsigned t = 1; t != 3; ++t)
        threads.emplace_back([&, t] {
            while (!stop) churn(both, t);
        });
    for (int i = 0; i != 20; ++i) CHECK(autopmr_test::in_child([&] { return churn(both, 5) ? 0 : 3; }).exit_status == 0);
    stop = true;
    for (std::thread& one : threads) one.join();
    CHECK(both.fallen_back() == 0);
}

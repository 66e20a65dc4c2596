#include <autopmr/chain.hpp>
#include <autopmr/decorators/limit.hpp>
#include <autopmr/decorators/soft_limit.hpp>

#include "support/catch.hpp"
#include "support/exact_upstream.hpp"

#include <atomic>
#include <new>
#include <string>
#include <thread>
#include <vector>

using namespace autopmr;
using autopmr_test::exact_upstream;

namespace {

void note(void* context, std::size_t live) noexcept {
    static_cast<std::string*>(context)->append(std::to_string(live)).append(" ");
}

}  // namespace

TEST_CASE("the mark is told once when it is crossed, and again after the low one was reached") {
    exact_upstream      below;
    std::string         heard;
    soft_limit_resource watched(100, 50, note, &heard, &below);
    void*               a = watched.allocate(60);
    void*               b = watched.allocate(40);
    CHECK(heard == "");  // at the mark, not above
    void* c = watched.allocate(1);
    CHECK(heard == "101 ");
    void* d = watched.allocate(500);
    watched.deallocate(d, 500);
    watched.deallocate(b, 40);  // 61
    b = watched.allocate(40);
    CHECK(heard == "101 ");     // above again, but it was not low in between
    watched.deallocate(a, 60);  // 41
    CHECK(heard == "101 ");
    a = watched.allocate(60);
    CHECK(heard == "101 101 ");
    CHECK(watched.observer().live() == 101);
    CHECK(watched.facts().view() == "101 bytes live, mark 100, again after 50");
    for (const auto& [block, bytes] : {std::pair(a, 60), std::pair(b, 40), std::pair(c, 1)})
        watched.deallocate(block, static_cast<std::size_t>(bytes));
    CHECK(watched.observer().live() == 0);
    CHECK(below.complaints() == 0);
}

TEST_CASE(
    "a low mark of 0 is reached, one above the mark is taken for as high, and a mark of 0 is crossed by the first byte") {
    std::string         heard;
    soft_limit_resource low(10, 0, note, &heard, std::pmr::new_delete_resource());
    for (int i = 0; i != 2; ++i) low.deallocate(low.allocate(11), 11);
    CHECK(heard == "11 11 ");
    heard.clear();
    soft_limit_resource high(10, 99, note, &heard, std::pmr::new_delete_resource());
    CHECK(high.observer().low_bytes() == 10);
    void* kept = high.allocate(10);
    for (int i = 0; i != 2; ++i) high.deallocate(high.allocate(1), 1);
    high.deallocate(kept, 10);
    CHECK(heard == "11 11 ");
    heard.clear();
    soft_limit_resource any(0, 0, note, &heard, std::pmr::new_delete_resource());
    any.deallocate(any.allocate(0), 0);
    CHECK(heard == "");
    any.deallocate(any.allocate(1), 1);
    CHECK(heard == "1 ");
}

TEST_CASE("what was refused does not count, by the upstream or by a limit beside it") {
    exact_upstream      below;
    std::string         heard;
    soft_limit_resource watched(10, 5, note, &heard, &below);
    below.refuse_from(1);
    CHECK_THROWS_AS(watched.allocate(100), std::bad_alloc);
    CHECK(watched.observer().live() == 0);
    observed<chain<limit, soft_limit>> both(std::size_t{100}, std::size_t{50}, std::size_t{5}, soft_limit_callback(note),
        static_cast<void*>(&heard), std::pmr::new_delete_resource());
    CHECK_THROWS_AS(both.allocate(101), limit_exceeded);
    CHECK(heard == "");
    both.deallocate(both.allocate(51), 51);
    CHECK(heard == "51 ");
}

TEST_CASE("the callback may use the resource") {
    struct state {
        soft_limit_resource* self;
        void*                cache;
        int                  calls;
    } all{nullptr, nullptr, 0};
    soft_limit_resource watched(
        100, 50,
        [](void* context, std::size_t) noexcept {
            auto& mine = *static_cast<state*>(context);
            ++mine.calls;
            mine.self->deallocate(mine.self->allocate(200), 200);  // above as well: it is not called within itself
            mine.self->deallocate(mine.cache, 80);
        },
        &all, std::pmr::new_delete_resource());
    all = {&watched, watched.allocate(80), 0};
    void* block = watched.allocate(30);
    CHECK(all.calls == 1);
    CHECK(watched.observer().live() == 30);
    watched.deallocate(block, 30);
}

TEST_CASE("at any number of threads each crossing is told once") {
    std::atomic<unsigned> calls{0};
    soft_limit_resource   watched(
          1000, 0, [](void* context, std::size_t) noexcept { ++*static_cast<std::atomic<unsigned>*>(context); }, &calls,
          std::pmr::new_delete_resource());
    for (unsigned round = 1; round != 30; ++round) {
        std::vector<void*>       blocks(40);
        std::vector<std::thread> threads;
        for (std::size_t t = 0; t != 4; ++t)
            threads.emplace_back([&, t] {
                for (std::size_t i = 0; i != 10; ++i) blocks[t * 10 + i] = watched.allocate(100);
            });
        for (std::thread& one : threads) one.join();
        REQUIRE(calls == round);
        threads.clear();
        for (std::size_t t = 0; t != 4; ++t)
            threads.emplace_back([&, t] {
                for (std::size_t i = 0; i != 10; ++i) watched.deallocate(blocks[t * 10 + i], 100);
            });
        for (std::thread& one : threads) one.join();
        REQUIRE(watched.observer().live() == 0);
        REQUIRE(calls == round);
    }
}

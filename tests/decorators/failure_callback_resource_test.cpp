#include <autopmr/decorators/failure_callback_resource.hpp>
#include <autopmr/decorators/limit.hpp>
#include <autopmr/decorators/synchronized_resource.hpp>
#include <autopmr/errors.hpp>

#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/exact_upstream.hpp"
#include "support/sanitized.hpp"

#include <atomic>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace autopmr;
using autopmr_test::exact_upstream;

TEST_CASE("what the callback frees is there for the request that failed") {
    limit_resource bounded(1000, std::pmr::new_delete_resource());
    struct cache {
        std::pmr::memory_resource* from;
        std::vector<void*>         pages;
        std::string                heard;
    } held{&bounded, {}, {}};
    failure_callback_resource tried(
        [](void* context, std::size_t bytes, std::size_t alignment, unsigned attempt) {
            auto& mine = *static_cast<cache*>(context);
            mine.heard += std::to_string(bytes) + "/" + std::to_string(alignment) + "#" + std::to_string(attempt) + " ";
            if (mine.pages.empty()) return false;
            mine.from->deallocate(mine.pages.back(), 300);
            mine.pages.pop_back();
            return true;
        },
        &held, &bounded);
    for (int i = 0; i != 3; ++i) held.pages.push_back(bounded.allocate(300));
    void* block = tried.allocate(700, 8);  // needs the room of two
    CHECK(held.heard == "700/8#1 700/8#2 ");
    CHECK(held.pages.size() == 1);
    CHECK_THROWS_AS(
        tried.allocate(1000, 8), limit_exceeded);  // the third page goes and does not suffice: the upstream's exception
    CHECK(held.heard == "700/8#1 700/8#2 1000/8#1 1000/8#2 ");
    CHECK(tried.calls() == 4);
    CHECK(tried.facts().view() == "called 4 times");
    tried.deallocate(block, 700, 8);
    CHECK(bounded.observer().now().live == 0);
}

TEST_CASE("a callback is not called while the upstream serves, nor for what can't be") {
    exact_upstream            below;
    failure_callback_resource tried([](void*, std::size_t, std::size_t, unsigned) { return true; }, nullptr, &below);
    tried.deallocate(tried.allocate(8, 4), 8, 4);
    below.refuse_from(1);
    CHECK_THROWS_AS(tried.allocate(8, 3), std::bad_alloc);
    CHECK_THROWS_AS(tried.allocate(SIZE_MAX, 8), std::bad_alloc);
    CHECK_THROWS_AS(tried.allocate(std::size_t{PTRDIFF_MAX} + 1, 8), std::bad_alloc);
    CHECK(tried.calls() == 0);
    CHECK(below.live() == 0);
    CHECK(below.complaints() == 0);
}

TEST_CASE("a callback that allocates from the same resource is not called for that") {
    exact_upstream below;
    struct state {
        failure_callback_resource* self = nullptr;
        exact_upstream*            below = nullptr;
        int                        inner_refusals = 0;
    } all;
    failure_callback_resource tried(
        [](void* context, std::size_t, std::size_t, unsigned) {
            auto& mine = *static_cast<state*>(context);
            try {
                static_cast<void>(mine.self->allocate(16));
            } catch (const std::bad_alloc&) {
                ++mine.inner_refusals;
            }
            mine.below->refuse_from(0);
            mine.self->deallocate(mine.self->allocate(16), 16);  // and may be served there
            return true;
        },
        &all, &below);
    all = {&tried, &below, 0};
    below.refuse_from(1);
    tried.deallocate(tried.allocate(8), 8);
    CHECK(all.inner_refusals == 1);
    CHECK(tried.calls() == 1);
    CHECK(below.live() == 0);
}

TEST_CASE("what a callback throws reaches the caller, and the next request is handled again") {
    exact_upstream            below;
    failure_callback_resource tried(
        [](void*, std::size_t, std::size_t, unsigned) -> bool { throw std::runtime_error("enough"); }, nullptr, &below);
    below.refuse_from(1);
    CHECK_THROWS_AS(tried.allocate(8), std::runtime_error);
    CHECK_THROWS_AS(tried.allocate(8), std::runtime_error);
    CHECK(tried.calls() == 2);
}

TEST_CASE("threads that fail at once are handled one at a time, and all are served") {
    limit_resource bounded(1000, std::pmr::new_delete_resource());
    struct state {
        limit_resource*  below;
        std::atomic<int> inside{0}, most{0};
    } all{&bounded, {0}, {0}};
    failure_callback_resource tried(
        [](void* context, std::size_t, std::size_t, unsigned) {
            auto& mine = *static_cast<state*>(context);
            if (++mine.inside > 1) mine.most = 2;
            mine.below->observer().set_bytes(mine.below->observer().bytes() + 100);
            --mine.inside;
            return true;
        },
        &all, &bounded);
    std::vector<std::thread> threads;
    for (int t = 0; t != 4; ++t)
        threads.emplace_back([&] {
            std::vector<void*> blocks;
            for (int i = 0; i != 200; ++i) blocks.push_back(tried.allocate(100));
            for (void* block : blocks) tried.deallocate(block, 100);
        });
    for (std::thread& one : threads) one.join();
    CHECK(all.most == 0);
    CHECK(tried.calls() > 0);
    CHECK(bounded.observer().now().live == 0);
}

TEST_CASE("a callback may fork, and the child goes on from there") {
    exact_upstream            below;
    failure_callback_resource tried(
        [](void* context, std::size_t, std::size_t, unsigned) {
            auto&      upstream = *static_cast<exact_upstream*>(context);
            const auto end = autopmr_test::in_child([&] {
                upstream.refuse_from(0);
                return 0;
            });
            upstream.refuse_from(0);
            return end.exit_status == 0;
        },
        &below, &below);
    below.refuse_from(1);
    tried.deallocate(tried.allocate(8), 8);
    CHECK(tried.calls() == 1);
    CHECK(below.live() == 0);
}

TEST_CASE("a callback may end resources while another thread forks") {
    if (!malloc_survives_fork) return;  // a sanitizer's own, and what it makes of jemalloc's locks around a fork
    // Each forks or ends resources for a while: one that held a lock over the callback would hang with the fork's handlers.
    const auto end = autopmr_test::in_child([] {
        exact_upstream            below;
        failure_callback_resource tried(
            [](void* context, std::size_t, std::size_t, unsigned) {
                { const synchronized_resource gone(std::pmr::new_delete_resource()); }
                static_cast<exact_upstream*>(context)->refuse_from(0);
                return true;
            },
            &below, &below);
        std::atomic<bool> ends{false};
        std::thread       forks([&] {
            while (!ends) {
                if (const int child = ::fork(); child == 0) ::_exit(0);
                else ::waitpid(child, nullptr, 0);
            }
        });
        for (int i = 0; i != 300; ++i) {
            below.refuse_from(1);
            tried.deallocate(tried.allocate(8), 8);
        }
        ends = true;
        forks.join();
        return tried.calls() == 300 ? 0 : 1;
    });
    INFO(end.error);
    CHECK_FALSE(end.hung);
    CHECK(end.exit_status == 0);
}

#include <autopmr/adapters/static_heap.hpp>
#include <autopmr/autopmr.hpp>

#include <atomic>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "tests/adapters/support/traffic.hpp"
#include "tests/support/catch.hpp"

using autopmr::install_answer;
using autopmr::static_heap;
using autopmr_test::traffic;

TEST_CASE("a library without a context pointer gets one heap, once; the second hears who was first") {
    struct library {};
    using heap = static_heap<library>;
    CHECK(heap::heap() == nullptr);
    CHECK(heap::malloc(1) == nullptr);
    CHECK(heap::realloc(nullptr, 1) == nullptr);
    CHECK(heap::strdup("x") == nullptr);
    heap::free(nullptr);

    traffic& at = autopmr::make_immortal<traffic>();
    CHECK(heap::install(at, "first one"));
    const install_answer second = heap::install(at, "second one");
    CHECK_FALSE(second);
    CHECK(second.what == install_answer::already_installed);
    CHECK(std::string(second.first) == "first one");
    CHECK_FALSE(second.why().empty());

    void* (*allocate)(std::size_t) = heap::malloc;
    void (*release)(void*) = heap::free;
    void* block = allocate(100);
    CHECK(at.now().live == 1);
    block = heap::realloc(block, 1000);
    CHECK(heap::usable_size(block) >= 1000);
    release(block);
    heap::free(heap::calloc(3, 3));
    CHECK(at.settled());
}

TEST_CASE("who installs without a name is the first all the same") {
    struct library {};
    using heap = static_heap<library>;
    static traffic &at = autopmr::make_immortal<traffic>(), &other = autopmr::make_immortal<traffic>();  // LeakSanitizer sees who holds them
    REQUIRE(heap::install(at, nullptr));
    void* const          block = heap::malloc(1);
    const install_answer second = heap::install(other, "second one");
    CHECK(second.what == install_answer::already_installed);
    CHECK(std::string(second.first) == "somebody without a name");
    heap::free(block);
    CHECK(at.settled());
}

TEST_CASE("a heap of a whole process refuses what is for one thread, and wants a word for what does not say") {
    struct library {};
    using heap = static_heap<library>;
    auto& pool = autopmr::make_immortal<autopmr::pool_resource>(std::pmr::new_delete_resource());
    CHECK(heap::install(pool, "pool").what == install_answer::one_thread_only);
    CHECK(heap::install(pool, "pool", autopmr::assume_any_thread).what == install_answer::one_thread_only);
    std::pmr::memory_resource& foreign = autopmr::make_immortal<std::pmr::synchronized_pool_resource>();
    CHECK(heap::install(foreign, "foreign").what == install_answer::threads_unknown);
    CHECK(heap::heap() == nullptr);
    CHECK(heap::install(foreign, "foreign", autopmr::assume_any_thread));
    heap::free(heap::malloc(3));
    heap::withdraw();
    CHECK(heap::heap() == nullptr);
    CHECK(heap::install(autopmr::make_immortal<autopmr::synchronized_resource>(&pool), "lock"));
    heap::free(heap::malloc(3));
}

TEST_CASE("of threads that install at once one wins, and all see its heap or none") {
    struct library {};
    using heap = static_heap<library>;
    traffic&                 at = autopmr::make_immortal<traffic>();
    std::atomic<int>         won{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&] {
            if (heap::install(at, "one of them")) ++won;
            for (int j = 0; j < 500; ++j) heap::free(heap::malloc(20));
        });
    for (std::thread& one : threads) one.join();
    CHECK(won == 1);
    CHECK(at.settled());
}

#include <autopmr/decorators/sentinel_resource.hpp>

#include "src/support/call_stack.hpp"
#include "support/catch.hpp"

#include <memory_resource>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace autopmr;

namespace {

// Gives from a buffer of its own: what the sentinel itself would allocate would not come from here.
class counting_upstream final : public std::pmr::memory_resource {
public:
    std::size_t allocations = 0, deallocations = 0;
    bool        refuse = false;

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        if (refuse) throw std::bad_alloc();
        ++allocations;
        return std::pmr::new_delete_resource()->allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        ++deallocations;
        std::pmr::new_delete_resource()->deallocate(block, bytes, alignment);
    }
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
};

class default_for_a_while {
public:
    explicit default_for_a_while(std::pmr::memory_resource& now) noexcept : before_(std::pmr::set_default_resource(&now)) {}
    ~default_for_a_while() { std::pmr::set_default_resource(before_); }
    default_for_a_while(const default_for_a_while&) = delete;
    default_for_a_while& operator=(const default_for_a_while&) = delete;

private:
    std::pmr::memory_resource* before_;
};

// Recursion makes as many distinct call stacks as one likes.
[[gnu::noinline]] void allocate_at_depth(std::pmr::memory_resource& from, int depth) {
    if (depth > 0) allocate_at_depth(from, depth - 1);
    else from.deallocate(from.allocate(8), 8);
    asm volatile("" ::: "memory");  // no tail call: each depth is a frame
}

}  // namespace

extern "C" [[gnu::noinline]] void sentinel_test_forgetful_function() {
    std::pmr::vector<int> numbers(10);
    asm volatile("" : : "g"(numbers.data()) : "memory");
}

TEST_CASE("what falls through to the default is counted and passed on") {
    counting_upstream upstream;
    sentinel_resource sentinel(&upstream);
    {
        const default_for_a_while now(sentinel);
        volatile int rounds = 3;  // not to be unrolled: one call, one site
        for (int i = 0; i != rounds; ++i) sentinel_test_forgetful_function();
    }
    CHECK(sentinel.allocations() == 3);
    CHECK(sentinel.bytes() == 3 * 10 * sizeof(int));
    CHECK(sentinel.sites() == 1);
    CHECK(upstream.allocations == 3);
    CHECK(upstream.deallocations == 3);
    CHECK(sentinel.upstream_resource() == &upstream);
}

TEST_CASE("the report says who") {
    sentinel_resource         sentinel(std::pmr::new_delete_resource());
    const default_for_a_while now(sentinel);
    sentinel_test_forgetful_function();
    const std::string report = sentinel.report();
    INFO(report);
    CHECK(report.find("sentinel: 1 allocations, 40 bytes, 1 call sites\n") == 0);
    // Without libbacktrace functions have names only where they are exported; the file and the offset are always there.
    CHECK(report.find(why_no_lines().empty() ? "      sentinel_test_forgetful_function (" : "test.decorators.sentinel_resource") != std::string::npos);
    CHECK(report.find("\n      ") != std::string::npos);
}

TEST_CASE("a request that the upstream refuses is no allocation") {
    counting_upstream upstream;
    upstream.refuse = true;
    sentinel_resource sentinel(&upstream);
    CHECK_THROWS_AS(static_cast<void>(sentinel.allocate(8)), std::bad_alloc);
    CHECK(sentinel.allocations() == 0);
    CHECK(sentinel.sites() == 0);
}

TEST_CASE("recording takes nothing from the default resource") {
    counting_upstream         all;
    const default_for_a_while now(all);
    sentinel_resource         sentinel(std::pmr::new_delete_resource());
    for (int i = 0; i != 5; ++i) allocate_at_depth(sentinel, i);
    CHECK(sentinel.allocations() == 5);
    CHECK(all.allocations == 0);
}

TEST_CASE("threads share sites, and the books add up") {
    sentinel_resource sentinel(std::pmr::new_delete_resource());
    std::vector<std::thread> threads;
    for (int t = 0; t != 4; ++t)
        threads.emplace_back([&] {
            for (int round = 0; round != 50; ++round)
                for (int depth = 0; depth != 8; ++depth) allocate_at_depth(sentinel, depth);
        });
    for (std::thread& one : threads) one.join();
    CHECK(sentinel.allocations() == 4 * 50 * 8);
    CHECK(sentinel.bytes() == 4 * 50 * 8 * 8);
    CHECK(sentinel.sites() == 8);
    CHECK(sentinel.unplaced() == 0);
}

namespace {
template <int N>
[[gnu::noinline]] void from_its_own_site(std::pmr::memory_resource& from) {
    from.deallocate(from.allocate(N + 1), N + 1);
    asm volatile("" ::: "memory");
}
template <int... N>
void from_each_site(std::pmr::memory_resource& from, std::integer_sequence<int, N...>) {
    (from_its_own_site<N>(from), ...);
}
}  // namespace

TEST_CASE("a full table keeps its sites and counts the rest") {
    sentinel_resource sentinel(std::pmr::new_delete_resource());
    from_each_site(sentinel, std::make_integer_sequence<int, 100>());
    CHECK(sentinel.allocations() == 100);
    CHECK(sentinel.sites() == sentinel_resource::most_sites);
    CHECK(sentinel.unplaced() == 100 - sentinel_resource::most_sites);
    CHECK(sentinel.report().find("4 allocations from sites beyond the first 96\n") != std::string::npos);
}

TEST_CASE("the process's sentinel is one") { CHECK(&process_sentinel() == &process_sentinel()); }

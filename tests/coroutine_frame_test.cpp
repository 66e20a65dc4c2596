#include <autopmr/coroutine_frame.hpp>

#include "adapters/support/traffic.hpp"
#include "support/catch.hpp"

#include <coroutine>
#include <exception>
#include <memory_resource>
#include <new>
#include <thread>
#include <utility>

namespace {

/// As small as a task can be: it runs when it is asked for its value.
class task {
public:
    struct promise_type : autopmr::coroutine_frame {
        int                value = 0;
        task               get_return_object() noexcept { return task(std::coroutine_handle<promise_type>::from_promise(*this)); }
        std::suspend_always initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void               return_value(int v) noexcept { value = v; }
        void               unhandled_exception() { std::terminate(); }
    };
    task(task&& other) noexcept : frame_(std::exchange(other.frame_, {})) {}
    ~task() {
        if (frame_) frame_.destroy();
    }
    int run() {
        frame_.resume();
        return frame_.promise().value;
    }

private:
    explicit task(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}
    std::coroutine_handle<promise_type> frame_;
};

task sum(std::allocator_arg_t, std::pmr::memory_resource*, int a, int b) { co_return a + b; }
task with_allocator(std::allocator_arg_t, std::pmr::polymorphic_allocator<>, int a) { co_return a; }
task with_derived(std::allocator_arg_t, autopmr_test::traffic*, int a) { co_return a; }
task plain(int a) { co_return a; }

struct counter {
    int  base;
    task add(std::allocator_arg_t, std::pmr::memory_resource*, int a) { co_return base + a; }
};

}  // namespace

TEST_CASE("frames of functions, members and lambdas come from the resource that is passed, and go back to it") {
    autopmr_test::traffic at;
    CHECK(sum(std::allocator_arg, &at, 1, 2).run() == 3);
    CHECK(at.now().allocations == 1);
    counter c{10};
    CHECK(c.add(std::allocator_arg, &at, 5).run() == 15);
    const auto lambda = [](std::allocator_arg_t, std::pmr::memory_resource*, int a) -> task { co_return a * 2; };
    CHECK(lambda(std::allocator_arg, &at, 4).run() == 8);
    CHECK(at.now().allocations == 3);
    CHECK(at.settled());
}

TEST_CASE("a resource may be named by an allocator over it, or as what it is") {
    autopmr_test::traffic at;
    CHECK(with_allocator(std::allocator_arg, &at, 1).run() == 1);
    CHECK(at.now().allocations == 1);
    CHECK(with_derived(std::allocator_arg, &at, 2).run() == 2);
    CHECK(at.now().allocations == 2);
    CHECK(at.settled());
}

TEST_CASE("a coroutine that names no resource has its frame from the default one, and it goes back there after that changed") {
    autopmr_test::traffic at, other;
    std::pmr::set_default_resource(&at);
    {
        task one = plain(7);
        std::pmr::set_default_resource(&other);
        CHECK(at.now().live == 1);
        CHECK(one.run() == 7);
    }
    std::pmr::set_default_resource(nullptr);
    CHECK(at.settled());
    CHECK(at.now().allocations == 1);
    CHECK(other.now().allocations == 0);
}

TEST_CASE("a refusal is the caller's exception, and a frame that never began or ends on another thread is given back") {
    autopmr_test::traffic at;
    at.refuse(1);
    CHECK_THROWS_AS(sum(std::allocator_arg, &at, 1, 2), std::bad_alloc);
    { const task never = sum(std::allocator_arg, &at, 1, 2); }
    task there = sum(std::allocator_arg, &at, 3, 4);
    std::thread([moved = std::move(there)]() mutable { CHECK(moved.run() == 7); }).join();
    CHECK(at.settled());
}

// Coroutines whose frames come from an arena, together with what they work on.
#include <autopmr/autopmr.hpp>

#include <coroutine>
#include <exception>
#include <iostream>
#include <memory_resource>

// [task]
struct task {
    struct promise_type : autopmr::coroutine_frame {  // this is all
        int                 value = 0;
        task                get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
        std::suspend_never  initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void                return_value(int v) { value = v; }
        void                unhandled_exception() { std::terminate(); }
    };
    std::coroutine_handle<promise_type> frame;
};

task square(std::allocator_arg_t, std::pmr::memory_resource*, int n) { co_return n * n; }
// [/task]

int main() {
    autopmr::statistics_resource counted(std::pmr::new_delete_resource());
    autopmr::arena_resource      arena(&counted);
    const task                   one = square(std::allocator_arg, &arena, 12);
    const int                    value = one.frame.promise().value;
    const std::size_t            used = arena.now().used;
    std::cout << value << ", the frame is " << used << " bytes of an arena\n";
    one.frame.destroy();
    return value == 144 && used != 0 && counted.observer().now().count == 1 ? 0 : 1;
}

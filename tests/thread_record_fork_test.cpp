// Who returns from watch_fork() is taken care of, though another thread was the first to ask; and a child that is forked in the
// middle waits for nobody. Here the C library's list of handlers, the way to it, stands still for a second thread.
#include <autopmr/thread_record.hpp>

#include <autopmr/decorators/tracking_resource.hpp>

#include "src/support/call_stack.hpp"
#include "src/support/per_thread.hpp"
#include "support/child_wishes.hpp"

#include <dlfcn.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory_resource>
#include <thread>

using namespace autopmr;
using namespace autopmr_test;

namespace {

std::atomic<bool>     armed{false};
std::function<void()> before, after;

}  // namespace

#if defined(__GLIBC__)

// Instead of the C library's, for the whole program: what pthread_atfork() calls.
extern "C" __attribute__((visibility("default"))) int __register_atfork(
    void (*prepare)(), void (*parent)(), void (*child)(), void* object) noexcept {
    using function = int (*)(void (*)(), void (*)(), void (*)(), void*);
    static const auto real = reinterpret_cast<function>(dlsym(RTLD_NEXT, "__register_atfork"));
    const bool        stands_still = armed.exchange(false);
    if (stands_still && before) before();
    const int outcome = real(prepare, parent, child, object);
    if (stands_still && after) after();
    return outcome;
}

namespace {

// What a second thread does while the first is about to register; that it has returned before is what must not be.
int second_waits(const std::function<void()>& asks, const std::function<void()>& first) {
    static std::atomic<bool> returned{false}, too_early{false};
    static std::thread       second;
    before = [&] {
        second = std::thread([&asks] {
            asks();
            returned = true;
        });
        for (int i = 0; i != 200 && !returned; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        too_early = returned.load();
    };
    armed = true;
    first();
    need(!armed);
    second.join();
    need(returned);
    need(!too_early);
    return 0;
}

// A child that a second thread forks in the middle, and the children of that.
int child_goes_on() {
    const auto forks = [] {
        return in_child([] {
            need(per_thread::current_or_new() != nullptr);
            tracking_resource tracked({}, std::pmr::new_delete_resource());
            tracked.deallocate(tracked.allocate(40, 8), 40, 8);
            const auto of_its_own = in_child([] { return per_thread::current_or_new() != nullptr ? 0 : 1; }, 20);
            need(!of_its_own.hung && of_its_own.exit_status == 0);
            need(per_thread::lock().try_lock());
            per_thread::lock().unlock();
            return 0;
        }, 40);
    };
    static child_end end;
    static auto      run = [forks] { std::thread([forks] { end = forks(); }).join(); };
    (before ? before : after) = run;
    armed = true;
    per_thread::watch_fork();
    need(!armed);
    std::cerr << end.error;
    need(!end.hung && end.exit_status == 0);
    return 0;
}

}  // namespace

TEST_CASE("who is second waits until the first has registered") {
    must_pass([] { return second_waits(per_thread::watch_fork, per_thread::watch_fork); });
    must_pass([] {
        const auto track = [] { const tracking_resource tracked({}, std::pmr::new_delete_resource()); };
        return second_waits(track, track);
    });
    if (in_child([] { return why_no_lines().empty() ? 0 : 1; }).exit_status != 0) return;  // then it registers nothing
    must_pass([] {
        const auto names = [] { static_cast<void>(why_no_lines()); };
        return second_waits(names, names);
    });
}

TEST_CASE("a child that is forked while its parent registers goes on, and may fork") {
    must_pass([] {
        before = [] {};
        return child_goes_on();
    });
    must_pass([] {
        after = [] {};
        return child_goes_on();
    });
}

#else

TEST_CASE("who is second waits until the first has registered") { WARN("skipped: the way to this C library's list of handlers is not known"); }

#endif

// A child that is forked while a thread of its parent uses a part for the first time goes on, and may fork. Here the C library's
// list of handlers and its list of keys, the ways to them, stand still until such a child has ended.
#include <autopmr/errors.hpp>
#include <autopmr/fork_mutex.hpp>
#include <autopmr/guarded/secret_resource.hpp>
#include <autopmr/policy.hpp>
#include <autopmr/selector.hpp>
#include <autopmr/subsystem.hpp>

#include "src/support/per_thread.hpp"
#include "support/child_wishes.hpp"

#include <dlfcn.h>
#include <pthread.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

using namespace autopmr;
using namespace autopmr_test;

#if defined(__GLIBC__)

namespace {

std::atomic<bool>     armed_list{false}, armed_keys{false};
bool                  is_entered = false;  // stand still when it is in the list; else before
std::function<void()> meanwhile;

}  // namespace

// Instead of the C library's, for the whole program: what pthread_atfork() calls.
extern "C" __attribute__((visibility("default"))) int __register_atfork(
    void (*prepare)(), void (*parent)(), void (*child)(), void* object) noexcept {
    static const auto real =
        reinterpret_cast<int (*)(void (*)(), void (*)(), void (*)(), void*)>(dlsym(RTLD_NEXT, "__register_atfork"));
    const bool stands_still = armed_list.exchange(false);
    if (stands_still && !is_entered) meanwhile();
    const int outcome = real(prepare, parent, child, object);
    if (stands_still && is_entered) meanwhile();
    return outcome;
}
extern "C" __attribute__((visibility("default"))) int pthread_key_create(pthread_key_t* key, void (*destroy)(void*)) noexcept {
    static const auto real = reinterpret_cast<int (*)(pthread_key_t*, void (*)(void*))>(dlsym(RTLD_NEXT, "pthread_key_create"));
    if (armed_keys.exchange(false)) meanwhile();
    return real(key, destroy);
}

namespace {

int goes_on(std::atomic<bool>& armed, const std::function<bool()>& use) {
    static child_end end;
    meanwhile = [&] {
        std::thread([&] {
            end = in_child([&] {
                const auto of_its_own = [&] { return in_child([&] { return use() ? 0 : 1; }, 10).exit_status == 0; };
                need(use());
                need(of_its_own());
                return 0;
            }, 20);
        }).join();
    };
    armed = true;
    need(use());
    need(!armed);
    std::cerr << end.error;
    need(!end.hung && end.exit_status == 0);
    need(use());
    return 0;
}

bool use_mutex() {
    fork_mutex             one;
    const std::scoped_lock hold(one);
    return one.mine();
}
bool use_tree() { return configure("one", {{}, std::size_t{1} << 20, {}, {}}).ok(); }
bool use_policy() { return load_policy("/of/nobody.toml").error().find("can't be read") != std::string_view::npos; }
bool use_secrets() {
    try {
        secret_resource secrets;
        secrets.deallocate(secrets.allocate(40, 8), 40, 8);
    } catch (const protection_unavailable&) {  // not on this machine; it has registered
    }
    return true;
}

bool use_boost_pool() {
    const backend& pool = *find_backend("boost_pool");
    if (pool.why_not().empty()) pool.deallocate(pool.allocate(40, 8), 40, 8);
    return true;
}

void check(const std::function<bool()>& first, const std::function<bool()>& use) {
    for (const bool entered : {false, true})
        must_pass([&] {
            is_entered = entered;
            need(first());
            return goes_on(armed_list, use);
        });
}

}  // namespace

TEST_CASE("a child that is forked while a part registers what it does around fork goes on") {
    const auto books = [] { return per_thread::watch_fork(), true; };
    check(books, use_mutex);
    check(books, use_tree);
    check(use_tree, use_policy);
    check(use_mutex, use_secrets);
    if (in_child([] { return find_backend("boost_pool")->why_not().empty() ? 0 : 1; }).exit_status == 0) check(books, use_boost_pool);
}

TEST_CASE("a child that is forked while the first record is made goes on") {
    must_pass([] {
        per_thread::watch_fork();
        return goes_on(armed_keys, [] { return per_thread::current_or_new() != nullptr; });
    });
}

#else

TEST_CASE("a child that is forked while a part registers what it does around fork goes on") {
    WARN("skipped: the way to this C library's list of handlers is not known");
}

#endif

#pragma once
/// \file
/// Handlers around fork, registered by who first needs them.
///
/// A static of a function would do the same, but for a child that is forked in the middle of it, which would wait for ever for a
/// thread that is not there: it does the step anew. Handlers that its parent had registered already then run twice, and know it.

#include "src/platform/os.hpp"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <thread>

namespace autopmr {

/// A thread of a process, in one word; neither 0 nor 1.
inline std::uint64_t this_thread_of_process() noexcept {
    return std::uint64_t{1} << 63 | (std::uint64_t{os::process_number()} & 0x3fffffff) << 32 | (os::thread_number() & 0xffffffff);
}
inline bool are_of_one_process(std::uint64_t a, std::uint64_t b) noexcept { return (a ^ b) >> 32 == 0; }

/// `Part` has static functions: before_fork() takes a lock, which in_parent() and in_child() give back.
template <class Part>
class fork_watch {
public:
    /// From now on. However often, from however many threads: whoever returns from here is taken care of. What is registered last is
    /// locked first: a lock that is taken inside of another one is registered before it.
    static void begin() noexcept {
        if (watch_.load(std::memory_order_acquire) == done) return;
        const std::uint64_t own = this_thread_of_process();
        for (;;) {
            std::uint64_t whose = watch_.load(std::memory_order_acquire);
            if (whose == done || whose == own) return;  // own: the system's list of handlers asks for memory, which may be ours
            // A parent's thread did not come along, and its registration may have or not: handlers that run twice know it.
            const bool is_free = whose == nobody || !are_of_one_process(whose, own);
            if (!is_free) std::this_thread::yield();
            else if (watch_.compare_exchange_strong(whose, own, std::memory_order_acquire)) break;
        }
        os::at_fork(before_fork, in_parent, in_child);
        watch_.store(done, std::memory_order_release);
    }

private:
    static void before_fork() noexcept {
        if (forking_.load(std::memory_order_relaxed) == this_thread_of_process()) {
            ++again_;
            return;
        }
        Part::before_fork();
        forking_.store(this_thread_of_process(), std::memory_order_relaxed);
    }
    static void in_parent() noexcept {
        if (is_over()) Part::in_parent();
    }
    static void in_child() noexcept {
        if (is_over()) Part::in_child();
    }
    // False for all but the last registration's call: the handlers of the last before a fork are the first to have run.
    static bool is_over() noexcept {
        if (again_ != 0) return --again_, false;
        forking_.store(nobody, std::memory_order_relaxed);
        return true;
    }

    static constexpr std::uint64_t nobody = 0, done = 1;

    static inline constinit std::atomic<std::uint64_t> watch_{nobody};    // done, or who is about to register
    static inline constinit std::atomic<std::uint64_t> forking_{nobody};  // who has the lock for a fork
    static inline constinit unsigned                   again_ = 0;        // under the lock: how often more than once
};

/// The part that is a lock and nothing else.
template <std::mutex& lock>
struct held_across_fork {
    static void before_fork() noexcept { lock.lock(); }
    static void in_parent() noexcept { lock.unlock(); }
    static void in_child() noexcept { lock.unlock(); }
};

}  // namespace autopmr

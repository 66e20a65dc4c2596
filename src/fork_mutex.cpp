// ThreadSanitizer follows at most 64 locks that a thread holds at once: a program with more of these that forks under it needs
// TSAN_OPTIONS=detect_deadlocks=0.
#include <autopmr/fork_mutex.hpp>

#include "src/support/fork_watch.hpp"
#include "src/support/per_thread.hpp"

namespace autopmr {

struct fork_mutexes {
    static constinit inline std::mutex  list_lock;
    static constinit inline fork_mutex* newest = nullptr;

    static void enter(fork_mutex& one) noexcept {
        const std::scoped_lock hold(list_lock);
        one.older_ = newest;
        if (newest != nullptr) newest->newer_ = &one;
        newest = &one;
    }
    static void leave(fork_mutex& one) noexcept {
        const std::scoped_lock hold(list_lock);
        (one.newer_ != nullptr ? one.newer_->older_ : newest) = one.older_;
        if (one.older_ != nullptr) one.older_->newer_ = one.newer_;
    }

    static void before_fork() noexcept {
        list_lock.lock();
        for (fork_mutex* one = newest; one != nullptr; one = one->older_) {
            if (one->mine()) continue;  // stays held, here and in the child
            one->lock();
            one->held_for_fork_ = true;
        }
    }
    static void in_parent() noexcept {
        for (fork_mutex* one = newest; one != nullptr; one = one->older_) {
            if (!one->held_for_fork_) continue;
            one->held_for_fork_ = false;
            one->unlock();
        }
        list_lock.unlock();
    }
    static void in_child() noexcept { in_parent(); }

    // Handlers that were registered last run first before a fork: these come before the lock of the books, which who holds
    // one of ours may ask for.
    static void watch_fork() noexcept {
        per_thread::watch_fork();
        fork_watch<fork_mutexes>::begin();
    }
};

fork_mutex::fork_mutex() noexcept {
    fork_mutexes::watch_fork();
    fork_mutexes::enter(*this);
}

fork_mutex::~fork_mutex() { fork_mutexes::leave(*this); }

}  // namespace autopmr

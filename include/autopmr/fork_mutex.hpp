#pragma once
/// \file
/// A mutex that a forked child never finds held by a thread that did not come along.
///
/// What synchronized_resource and others of autopmr's stand on; use it for a resource of your own that must serve in a
/// child. It costs a std::mutex and two plain stores; each fork takes all of them that exist, the newest first, so what is
/// guarded is whole in the child. Three rules keep a fork from waiting for ever. While one is held, only older ones may be
/// asked for: a resource is made after what it calls. While one is held, none is made or ended. An allocator with fork
/// handlers of its own that is called under one must be loaded before the first is made: select() or a first allocation
/// does that. Any thread; it may fork while it holds some. Nothing throws or allocates.

#include <atomic>
#include <mutex>
#include <thread>

namespace autopmr {

class fork_mutex {
public:
    fork_mutex() noexcept;
    ~fork_mutex();
    fork_mutex(const fork_mutex&) = delete;
    fork_mutex& operator=(const fork_mutex&) = delete;

    void lock() noexcept {
        mutex_.lock();
        owner_.store(std::this_thread::get_id(), std::memory_order_relaxed);
    }
    void unlock() noexcept {
        owner_.store(std::thread::id(), std::memory_order_relaxed);
        mutex_.unlock();
    }
    /// Whether this thread holds it.
    [[nodiscard]] bool mine() const noexcept { return owner_.load(std::memory_order_relaxed) == std::this_thread::get_id(); }

private:
    friend struct fork_mutexes;  // src/fork_mutex.cpp: the list of all

    std::mutex                   mutex_;
    std::atomic<std::thread::id> owner_{std::thread::id()};
    fork_mutex *                 older_ = nullptr, *newer_ = nullptr;
    bool                         held_for_fork_ = false;
};

}  // namespace autopmr

#pragma once
/// \file
/// Threads whose bodies may throw: what the first of them threw is thrown again where they are joined.

#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace autopmr::testing {

class joined_threads {
public:
    joined_threads() = default;
    joined_threads(const joined_threads&) = delete;
    joined_threads& operator=(const joined_threads&) = delete;
    ~joined_threads() { wait(); }

    template <class Body>
    void start(Body body) {
        threads_.emplace_back([this, body = std::move(body)] {
            try {
                body();
            } catch (...) {
                caught();
            }
        });
    }
    /// Keeps what is being thrown; for what a thread calls after its body, too.
    void caught() noexcept {
        const std::lock_guard hold(lock_);
        if (first_ == nullptr) first_ = std::current_exception();
    }
    void wait() noexcept {
        for (std::thread& one : threads_) one.join();
        threads_.clear();
    }
    void join() {
        wait();
        if (first_ != nullptr) std::rethrow_exception(std::exchange(first_, nullptr));
    }

private:
    std::mutex               lock_;
    std::exception_ptr       first_;
    std::vector<std::thread> threads_;
};

/// One thread, from its start to its end.
template <class Body>
void on_another_thread(Body body) {
    joined_threads one;
    one.start(std::move(body));
    one.join();
}

}  // namespace autopmr::testing

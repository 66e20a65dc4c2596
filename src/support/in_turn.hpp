#pragma once
/// \file
/// One fault report after the other, so that the lines of two threads do not mix.
///
/// No lock: who waits too long for another, which may hang in a handler, goes on without. A thread that has the turn may take it
/// again, as a signal in the middle of a report does. Any thread, signal handlers included; in a forked child nobody else has it.

#include "../platform/os.hpp"

#include <atomic>
#include <cstdint>
#include <thread>

namespace autopmr {

class in_turn {
public:
    in_turn() noexcept {
        const std::uint64_t process = std::uint64_t{os::process_number()} << 32, own = process | (os::thread_number() & 0xffffffff);
        for (unsigned tries = 0; tries != patience; ++tries, std::this_thread::yield()) {
            std::uint64_t whose = holder;
            if ((has_ = whose == own)) return;
            const bool is_free = whose == 0 || (whose & process_bits) != (process & process_bits);  // or of a parent
            if (!is_free || !holder.compare_exchange_strong(whose, own, std::memory_order_acquire)) continue;
            own_ = own;
            has_ = true;
            return;
        }
    }
    in_turn(const in_turn&) = delete;
    in_turn& operator=(const in_turn&) = delete;
    ~in_turn() {
        std::uint64_t own = own_;
        if (own != 0) holder.compare_exchange_strong(own, 0, std::memory_order_release);
    }

    /// False for who goes on without.
    [[nodiscard]] bool has() const noexcept { return has_; }

private:
    static constexpr unsigned                          patience = 1u << 20;
    static constexpr std::uint64_t                     process_bits = ~std::uint64_t{0xffffffff};
    static inline constinit std::atomic<std::uint64_t> holder{0};
    std::uint64_t                                      own_ = 0;
    bool                                               has_ = false;
};

}  // namespace autopmr

#pragma once
/// \file
/// Who takes blocks from a guard pool, by number: names outlive the owner, for what is still to be said of its freed blocks.

#include <autopmr/guard_pool.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace autopmr {

class guard_owners {
public:
    static constexpr std::uint32_t most = 65534;
    struct entry {
        std::atomic<const char*>   name{nullptr}, subsystem{nullptr};
        std::atomic<fault_handler> on_fault{nullptr};
        std::atomic<bool>          taken{false};
    };
    static constexpr std::size_t bytes = (most + 1) * sizeof(entry);

    /// Over zeroed memory of that size.
    explicit guard_owners(void* zeroed) noexcept : all_(static_cast<entry*>(zeroed)) {}

    /// A number from 1 on; 0 when there are too many. One that was given back is not given again before all others were.
    std::uint32_t enlist(const guard_owner& owner) noexcept {
        for (std::uint32_t tries = 0; tries != most; ++tries) {
            const std::uint32_t number = last_.fetch_add(1, std::memory_order_relaxed) % most + 1;
            if (all_[number].taken.exchange(true, std::memory_order_acquire)) continue;
            all_[number].name.store(owner.name, std::memory_order_relaxed);
            all_[number].subsystem.store(owner.subsystem, std::memory_order_relaxed);
            all_[number].on_fault.store(owner.on_fault, std::memory_order_relaxed);
            return number;
        }
        return 0;
    }
    void dismiss(std::uint32_t number) noexcept {
        all_[number].on_fault.store(nullptr, std::memory_order_relaxed);
        all_[number].taken.store(false, std::memory_order_release);
    }
    /// Names and handler into a report.
    void name(std::uint32_t number, fault_report& out) const noexcept {
        const char* const name = all_[number].name.load(std::memory_order_relaxed);
        const char* const subsystem = all_[number].subsystem.load(std::memory_order_relaxed);
        if (name != nullptr) out.resource = name;
        if (subsystem != nullptr) out.subsystem = subsystem;
    }
    [[nodiscard]] fault_handler handler(std::uint32_t number) const noexcept {
        return all_[number].on_fault.load(std::memory_order_relaxed);
    }

private:
    entry*                     all_;
    std::atomic<std::uint32_t> last_{0};
};

}  // namespace autopmr

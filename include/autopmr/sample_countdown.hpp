#pragma once
/// \file
/// How far one thread is from its next sample: one subtraction an allocation, whatever resource it comes from.
///
/// The fast half of sampled_guard_resource, apart so that it can be read alone; nothing to use outside of autopmr. A thread has one
/// countdown for all resources that sample: a resource of rate N takes an N-th of `unit` at each allocation, and the next
/// sample lies `unit` away on average, so that each resource gets its own rate and none needs memory of a thread. Only its
/// thread touches it, and signal handlers on that thread, which at worst move a sample. Nothing throws.

#include <autopmr/thread_record.hpp>

#include <cstddef>
#include <cstdint>

namespace autopmr {

struct sample_countdown {
    static constexpr std::size_t  in_record = 32;  ///< the offset in a thread's record
    static constexpr std::int64_t unit = std::int64_t{1} << 48;
    static constexpr std::int64_t always = std::int64_t{1} << 60;  ///< the weight that leaves nothing of any interval

    std::int64_t  left = 0;  ///< until this thread looks up
    std::int64_t  rest = 0;  ///< from there to the next sample
    std::uint64_t seed = 0;  ///< 0: nothing was drawn yet
    bool          inside = false;  ///< this thread is in a guard pool already: a signal handler, or a fault handler, comes in between

    static constexpr std::int64_t weight_of(std::uint32_t rate) noexcept {
        return rate == 0 ? 0 : rate == 1 ? always : unit / rate;
    }
    bool due(std::int64_t weight) noexcept { return (left -= weight) <= 0; }
    /// Once due() said so: whether this allocation is the one. Of `is_new` a sample is taken ahead of its time and the next one
    /// comes later by as much, so that rates stay what they are.
    bool visit(std::uint32_t rate, bool is_new) noexcept;
    /// Uniform in [0, below).
    std::uint64_t draw(std::uint64_t below) noexcept;

    static sample_countdown& in(std::uintptr_t record) noexcept { return *reinterpret_cast<sample_countdown*>(record + in_record); }
    /// This thread's. Null before its first use of the library, and once it is over.
    static sample_countdown* mine() noexcept {
        const auto record = reinterpret_cast<std::uintptr_t>(this_thread_record());
        return record <= thread_is_over ? nullptr : &in(record);
    }

private:
    std::int64_t interval(std::uint32_t rate) noexcept;
};

}  // namespace autopmr

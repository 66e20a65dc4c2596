#include <autopmr/sample_countdown.hpp>

#include <algorithm>

#include "src/platform/os.hpp"

namespace autopmr {
namespace {

constexpr std::int64_t between_looks = sample_countdown::unit / 8;       // at most; half of it on average
constexpr std::int64_t most_ahead = 8 * sample_countdown::unit;          // new shapes take this much before their time

constexpr std::uint64_t mixed(std::uint64_t x) noexcept {
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

}  // namespace

std::uint64_t sample_countdown::draw(std::uint64_t below) noexcept { return mixed(seed += 0x9e3779b97f4a7c15u) % below; }

// Whole allocations of the resource that was sampled: uniform in [1, 2 * rate).
std::int64_t sample_countdown::interval(std::uint32_t rate) noexcept {
    const std::uint64_t allocations = 1 + draw(2 * std::uint64_t{rate} - 1);
    return static_cast<std::int64_t>(allocations) * weight_of(rate);
}

bool sample_countdown::visit(std::uint32_t rate, bool is_new) noexcept {
    if (rate == 1) {  // others' intervals are none of its business
        left += always;
        return true;
    }
    std::int64_t remaining = rest + left;
    if (seed == 0) {
        seed = mixed(os::clock_ticks() ^ reinterpret_cast<std::uintptr_t>(this) ^ std::uint64_t{os::thread_number()} << 32) | 1;
        // The way to the next sample from any point between two, not from a sample: else threads that allocate little would be
        // sampled half as often as others.
        remaining += std::min(interval(rate), interval(rate));
    }
    const bool take = remaining <= 0 || (is_new && remaining < most_ahead);
    if (take) remaining += interval(rate);  // what the last allocation took too much is not forgotten
    left = std::min(remaining, 1 + static_cast<std::int64_t>(draw(between_looks)));
    rest = remaining - left;
    return take;
}

}  // namespace autopmr

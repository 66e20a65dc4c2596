#include "src/cli/trace_summary.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <set>
#include <unordered_map>

namespace autopmr::cli {

namespace {

struct live_block {
    const traced_event* allocated = nullptr;
    int                 balance = 0;  // allocations less frees: right whatever the order of threads
    bool                live = false;
};

std::size_t lifetime_class(std::uint64_t nanoseconds, std::size_t classes) {
    std::size_t n = 0;
    for (std::uint64_t bound = 1000; n + 1 != classes && nanoseconds >= bound; bound *= 10) ++n;
    return n;
}

void add(trace_group& group, std::uint64_t bytes) {
    ++group.blocks;
    group.bytes += bytes;
}

template <class Key>
std::vector<std::pair<Key, trace_group>> by_bytes(const std::map<Key, trace_group>& groups) {
    std::vector<std::pair<Key, trace_group>> sorted(groups.begin(), groups.end());
    std::stable_sort(
        sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second.bytes > b.second.bytes; });
    return sorted;
}

}  // namespace

trace_summary summary_of(const trace_contents& trace) {
    trace_summary sum;
    std::size_t   subsystems = trace.subsystems.size();
    for (const traced_event& event : trace.events)
        subsystems = std::max<std::size_t>(subsystems, event.subsystem + std::size_t{1});
    sum.subsystems.resize(subsystems);
    for (std::size_t i = 0; i != subsystems; ++i)
        sum.subsystems[i].name = i < trace.subsystems.size() ? trace.subsystems[i] : "?";

    std::vector<std::unordered_map<std::uint64_t, live_block>> blocks(subsystems);
    std::map<std::uint64_t, trace_group>                       sizes;
    std::set<std::uint32_t>                                    streams;
    std::int64_t                                               now = 0, most = 0;
    std::vector<std::int64_t>                                  now_of(subsystems, 0), most_of(subsystems, 0);
    for (const traced_event& event : trace.events) {
        trace_subsystem& own = sum.subsystems[event.subsystem];
        sum.nanoseconds = std::max(sum.nanoseconds, event.time);
        if (event.stream != 0) streams.insert(event.stream);
        if (event.op == trace_op::failed) {
            ++own.failures;
            continue;
        }
        live_block& block = blocks[event.subsystem][event.address];
        const auto  bytes = static_cast<std::int64_t>(event.bytes);
        if (event.op == trace_op::allocate) {
            ++own.allocations;
            own.bytes += event.bytes;
            add(sum.sizes[static_cast<std::size_t>(std::bit_width(event.bytes))], event.bytes);
            add(sizes[event.bytes], event.bytes);
            block = {&event, block.balance + 1, true};
            most = std::max(most, now += bytes);
            most_of[event.subsystem] = std::max(most_of[event.subsystem], now_of[event.subsystem] += bytes);
            continue;
        }
        ++own.deallocations;
        --block.balance;
        if (!block.live || block.allocated->bytes != event.bytes || block.allocated->alignment != event.alignment)
            ++own.unmatched;
        if (!block.live) continue;
        add(sum.lifetimes[lifetime_class(event.time - std::min(event.time, block.allocated->time), sum.lifetimes.size())],
            event.bytes);
        const auto gone = static_cast<std::int64_t>(block.allocated->bytes);
        now -= gone;
        now_of[event.subsystem] -= gone;
        block.live = false;
    }

    std::map<std::pair<std::uint16_t, std::uint64_t>, trace_group> left;
    for (std::size_t i = 0; i != subsystems; ++i) {
        for (const auto& [address, block] : blocks[i]) {
            if (block.balance <= 0) continue;
            add(left[{static_cast<std::uint16_t>(i), block.allocated->bytes}], block.allocated->bytes);
            sum.subsystems[i].live += block.allocated->bytes;
        }
        const trace_subsystem& own = sum.subsystems[i];
        sum.subsystems[i].peak = static_cast<std::uint64_t>(most_of[i]);
        sum.all.allocations += own.allocations;
        sum.all.deallocations += own.deallocations;
        sum.all.failures += own.failures;
        sum.all.bytes += own.bytes;
        sum.all.live += own.live;
        sum.all.unmatched += own.unmatched;
    }
    sum.all.peak = static_cast<std::uint64_t>(most);
    sum.threads = streams.size();
    sum.common_sizes = by_bytes(sizes);
    sum.left = by_bytes(left);
    return sum;
}

}  // namespace autopmr::cli

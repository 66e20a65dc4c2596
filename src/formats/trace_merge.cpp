// One order of the events of all threads.
//
// By the lower ends of their times, which is right where the clock was read for each. Where it was not, an event that does not fit (a
// free of what is not live, a block at an address that is) waits, and its thread with it, for the event of another thread that
// makes it fit; but not past the upper end of its own time: then that other event is not in the file. Nor is a clock that is read
// without a barrier the same on all CPUs, so that end is taken somewhat later.
#include "src/formats/trace.hpp"

#include <functional>
#include <queue>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace autopmr {
namespace {

struct place {
    std::uint64_t subsystem, address;
    bool          operator==(const place&) const = default;
};
struct hash_of_place {
    std::size_t operator()(const place& at) const noexcept {
        return static_cast<std::size_t>(((at.address ^ at.subsystem << 52) * 0x9e3779b97f4a7c15u) >> 7);
    }
};
place place_of(const traced_event& event) noexcept { return {event.subsystem, event.address}; }

constexpr std::uint64_t clocks_differ_by = 100000;  // nanoseconds; far more than seen

using turn = std::pair<std::uint64_t, std::size_t>;  // a time, and whose: the number of a stream

class merger {
public:
    explicit merger(const std::vector<std::vector<traced_event>>& streams) : streams_(streams), next_(streams.size(), 0) {
        std::size_t all = 0;
        for (std::size_t i = 0; i != streams.size(); ++i) {
            all += streams[i].size();
            if (!streams[i].empty()) ready_.emplace(head(i).time, i);
        }
        out_.reserve(all);
    }

    std::vector<traced_event> merge() {
        while (!ready_.empty() || !waiting_.empty()) {
            if (!waiting_.empty() && (ready_.empty() || ready_.top().first > waiting_.begin()->first + clocks_differ_by)) {
                const turn late = *waiting_.begin();
                waiting_.erase(waiting_.begin());
                forget_wish(late.second);
                take(late.second);
            } else {
                const std::size_t stream = ready_.top().second;
                ready_.pop();
                if (fits(head(stream))) {
                    take(stream);
                } else {
                    waiting_.emplace(head(stream).until, stream);
                    wishes_.emplace(place_of(head(stream)), stream);
                }
            }
        }
        return std::move(out_);
    }

private:
    const traced_event& head(std::size_t stream) const noexcept { return streams_[stream][next_[stream]]; }

    bool fits(const traced_event& event) const {
        if (event.op == trace_op::allocate) return live_.count(place_of(event)) == 0;
        if (event.op == trace_op::deallocate) return live_.count(place_of(event)) != 0;
        return true;
    }

    void take(std::size_t stream) {
        const traced_event& event = head(stream);
        out_.push_back(event);
        if (event.op == trace_op::allocate) live_.insert(place_of(event));
        else if (event.op == trace_op::deallocate) live_.erase(place_of(event));
        // Whoever waited for this place looks again.
        const auto [first, last] = wishes_.equal_range(place_of(event));
        for (auto wish = first; wish != last; ++wish) {
            waiting_.erase({head(wish->second).until, wish->second});
            ready_.emplace(head(wish->second).time, wish->second);
        }
        wishes_.erase(first, last);
        if (++next_[stream] != streams_[stream].size()) ready_.emplace(head(stream).time, stream);
    }

    void forget_wish(std::size_t stream) {
        auto [wish, last] = wishes_.equal_range(place_of(head(stream)));
        while (wish != last && wish->second != stream) ++wish;
        if (wish != last) wishes_.erase(wish);
    }

    const std::vector<std::vector<traced_event>>&                    streams_;
    std::vector<std::size_t>                                         next_;
    std::priority_queue<turn, std::vector<turn>, std::greater<turn>> ready_;
    std::set<turn>                                                   waiting_;  // by the upper end of their time
    std::unordered_multimap<place, std::size_t, hash_of_place>       wishes_;
    std::unordered_set<place, hash_of_place>                         live_;
    std::vector<traced_event>                                        out_;
};

}  // namespace

std::vector<traced_event> merge_streams(const std::vector<std::vector<traced_event>>& streams) { return merger(streams).merge(); }

}  // namespace autopmr

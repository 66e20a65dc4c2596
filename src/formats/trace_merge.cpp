// One order of the events of all threads.
//
// Where the clock was read for each event, that is the order. Between two readings a thread's events are taken to come soon after the
// first. One that can't be there (a free of what is not live, a block at an address that is) asks for the event of another thread
// that makes it fit and can have been by then; where there is none the thread must have paused before it, and it and what follows come
// at the second reading, or when another thread's event asks for them. What still does not fit then is taken as it is: then
// events are not in the file. A clock that is read without a barrier is not quite the same on all CPUs, so times are compared
// with some play.
#include "src/formats/trace.hpp"

#include <algorithm>
#include <functional>
#include <queue>
#include <unordered_map>
#include <utility>

namespace autopmr {
namespace {

constexpr std::uint64_t soon = 1000, clocks_differ_by = 2000;  // nanoseconds
constexpr unsigned      most_deep = 64;                        // threads that wait for one another

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

using shape = std::pair<std::uint64_t, std::uint64_t>;  // bytes and alignment
shape shape_of(const traced_event& event) noexcept { return {event.bytes, event.alignment}; }

class merger {
public:
    explicit merger(const std::vector<std::vector<traced_event>>& events) : streams_(events.size()) {
        std::size_t all = 0;
        for (std::size_t i = 0; i != events.size(); ++i) {
            streams_[i].events = &events[i];
            all += events[i].size();
            for (std::size_t n = 0; n != events[i].size(); ++n)
                if (events[i][n].op != trace_op::failed) history_[place_of(events[i][n])].all.push_back({i, n});
            queue(i);
        }
        for (auto& [where, what] : history_)
            std::sort(what.all.begin(), what.all.end(), [&](const mention& a, const mention& b) {
                return std::pair(event(a).until, a) < std::pair(event(b).until, b);
            });
        out_.reserve(all);
    }

    std::vector<traced_event> merge() {
        while (!turns_.empty()) {
            const auto [when, n, position] = turns_.top();
            turns_.pop();
            stream& one = streams_[n];
            if (position != one.next || when != due(one)) continue;  // it went on meanwhile
            if (!make_fit(n, when + clocks_differ_by, 0) && !one.late && when < head(one).until) one.late = true;
            else take(n);
            queue(n);
        }
        return std::move(out_);
    }

private:
    struct stream {
        const std::vector<traced_event>* events = nullptr;
        std::size_t                      next = 0;
        bool                             late = false, busy = false;
    };
    struct mention {
        std::size_t stream, position;
        auto        operator<=>(const mention&) const = default;
    };
    struct history {
        std::vector<mention> all;        // by the upper ends of their times
        std::size_t          begin = 0;  // those before are taken
        bool                 live = false;
        shape                block;
    };
    struct turn {
        std::uint64_t when;
        std::size_t   stream, position;
        auto          operator<=>(const turn&) const = default;
    };

    const traced_event& event(const mention& where) const noexcept {
        return (*streams_[where.stream].events)[where.position];
    }
    static const traced_event& head(const stream& one) noexcept { return (*one.events)[one.next]; }
    static std::uint64_t       due(const stream& one) noexcept {
              return one.late ? head(one).until : std::min(head(one).until, head(one).time + soon);
    }
    void queue(std::size_t n) {
        if (const stream& one = streams_[n]; one.next != one.events->size()) turns_.push({due(one), n, one.next});
    }

    static bool fits(const traced_event& event, const history& there) noexcept {
        return event.op == trace_op::allocate ? !there.live : there.live && there.block == shape_of(event);
    }

    /// Whether the next event of the stream fits, if need be after others' that can have been by `limit` and are taken for that.
    bool make_fit(std::size_t n, std::uint64_t limit, unsigned depth) {
        const traced_event& wants = head(streams_[n]);
        if (wants.op == trace_op::failed) return true;
        history& there = history_[place_of(wants)];
        if (fits(wants, there)) return true;
        if (depth == most_deep) return false;
        streams_[n].busy = true;
        const trace_op helps = wants.op == trace_op::allocate ? trace_op::deallocate : trace_op::allocate;
        const shape    like = helps == trace_op::allocate ? shape_of(wants) : there.block;
        bool           good = false;
        while (there.begin != there.all.size() && is_taken(there.all[there.begin])) ++there.begin;
        for (std::size_t i = there.begin; i != there.all.size() && i != there.begin + 256 && !good; ++i) {
            const mention       it = there.all[i];
            const traced_event& other = event(it);
            if (is_taken(it) || streams_[it.stream].busy || other.op != helps || shape_of(other) != like ||
                other.time > limit)
                continue;
            good = take_up_to(it, limit, depth + 1) && fits(wants, there);
            if (is_taken(it)) break;
        }
        streams_[n].busy = false;
        return good;
    }

    /// All of a stream up to an event, which is the last; false where one of them does not fit: then only what is before that.
    bool take_up_to(const mention& last, std::uint64_t limit, unsigned depth) {
        while (streams_[last.stream].next <= last.position) {
            if (!make_fit(last.stream, limit, depth)) {
                queue(last.stream);
                return false;
            }
            take(last.stream);
        }
        queue(last.stream);
        return true;
    }

    bool is_taken(const mention& it) const noexcept { return it.position < streams_[it.stream].next; }

    void take(std::size_t n) {
        stream&             one = streams_[n];
        const traced_event& now = head(one);
        out_.push_back(now);
        if (now.op != trace_op::failed) {
            history& there = history_[place_of(now)];
            there.live = now.op == trace_op::allocate;
            there.block = shape_of(now);
        }
        if (++one.next != one.events->size() && head(one).time != now.time) one.late = false;
    }

    std::vector<stream>                                              streams_;
    std::unordered_map<place, history, hash_of_place>                history_;
    std::priority_queue<turn, std::vector<turn>, std::greater<turn>> turns_;
    std::vector<traced_event>                                        out_;
};

}  // namespace

std::vector<traced_event> merge_streams(const std::vector<std::vector<traced_event>>& streams) {
    return merger(streams).merge();
}

}  // namespace autopmr

// Many threads, many blocks, forks, and books that do not go through what they watch.
#include <autopmr/decorators/tracking_resource.hpp>

#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/sanitized.hpp"
#include "support/strict_upstream.hpp"

#include <atomic>
#include <cstddef>
#include <deque>
#include <list>
#include <memory>
#include <memory_resource>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace autopmr;
using autopmr_test::child_end;
using autopmr_test::in_child;
using autopmr_test::strict_upstream;

namespace {

tracking_options with_stacks(bool call_stacks) {
    tracking_options options;
    options.call_stacks = call_stacks;
    options.at_end = leak_answer::fault;  // a leak ends the test
    return options;
}

/// A queue of blocks between threads.
class queue {
public:
    void put(void* block) {
        const std::scoped_lock hold(lock_);
        blocks_.push_back(block);
    }
    void* take() {
        const std::scoped_lock hold(lock_);
        if (blocks_.empty()) return nullptr;
        void* const block = blocks_.front();
        blocks_.pop_front();
        return block;
    }

private:
    std::mutex        lock_;
    std::deque<void*> blocks_;
};

}  // namespace

TEST_CASE("threads free what others allocated, while others look on") {
    for (const bool call_stacks : {false, true}) {
        constexpr int            threads = 4, rounds = 25000;
        strict_upstream          upstream;
        tracking_resource        tracking(with_stacks(call_stacks), &upstream);
        queue                    blocks;
        std::atomic<int>         producing{threads / 2};
        std::atomic<bool>        over{false};
        std::vector<std::thread> crowd;
        for (int t = 0; t != threads / 2; ++t) {
            crowd.emplace_back([&] {
                for (int i = 0; i != rounds; ++i) blocks.put(tracking.allocate(48, 16));
                --producing;
            });
            crowd.emplace_back([&] {
                for (;;) {
                    const bool last = producing == 0;
                    if (void* const block = blocks.take()) tracking.deallocate(block, 48, 16);
                    else if (last) break;
                    else std::this_thread::yield();
                }
            });
        }
        const auto look_on = [&] {
            for (int i = 0; i != 20 && !over; ++i) {
                std::set<const void*> addresses;
                std::size_t           bytes = 0, count = 0;
                tracking.for_each_live([&](const tracked_block& one) {
                    addresses.insert(one.address);
                    bytes += one.bytes;
                    ++count;
                });
                if (addresses.size() != count || bytes != 48 * count) std::abort();
                static_cast<void>(tracking.report());
            }
        };
        std::thread onlooker(look_on), another(look_on);
        for (std::thread& one : crowd) one.join();
        over = true;
        onlooker.join();
        another.join();
        CHECK(tracking.live_blocks() == 0);
        CHECK(tracking.live_bytes() == 0);
        CHECK(tracking.allocations() == threads / 2 * rounds);
        CHECK(upstream.live() == 0);
        CHECK_FALSE(upstream.wrong);
    }
}

TEST_CASE("each thread has its number, and later threads do not have an earlier one's blocks") {
    tracking_resource tracking({}, std::pmr::new_delete_resource());
    void*             blocks[3] = {tracking.allocate(8), nullptr, nullptr};
    std::thread([&] {
        blocks[1] = tracking.allocate(8);
        std::thread([&] { blocks[2] = tracking.allocate(8); }).join();
    }).join();
    std::set<unsigned long> numbers;
    tracking.for_each_live([&](const tracked_block& one) { numbers.insert(one.thread); });
    CHECK(numbers.size() == 3);
    for (void* one : blocks) tracking.deallocate(one, 8);
}

TEST_CASE("a million blocks live at once") {
    const std::size_t  count = under_asan || under_tsan ? 100000 : 1000000;
    tracking_resource  tracking(with_stacks(false), std::pmr::new_delete_resource());
    std::vector<void*> held;
    held.reserve(count);
    for (std::size_t i = 0; i != count; ++i) held.push_back(tracking.allocate(1 + i % 32, 8));
    CHECK(tracking.live_blocks() == count);
    std::uint64_t last = 0;
    bool          in_order = true;
    tracking.for_each_live([&](const tracked_block& one) { in_order = in_order && one.sequence == ++last; });
    CHECK(in_order);
    CHECK(last == count);
    CHECK(tracking.report().find(" in " + std::to_string(count) + " blocks from 1 call site\n") != std::string::npos);
    // The odd ones first, so that chains are shortened everywhere.
    for (const std::size_t odd : {1, 0})
        for (std::size_t i = odd; i < count; i += 2) tracking.deallocate(held[i], 1 + i % 32, 8);
    CHECK(tracking.live_blocks() == 0);
}

TEST_CASE("many resources can exist, and each has its own books") {
    std::list<tracking_resource> many;
    std::vector<void*>           held;
    for (int i = 0; i != 2000; ++i) {
        many.emplace_back(with_stacks(false), std::pmr::new_delete_resource());
        held.push_back(many.back().allocate(16));
    }
    const child_end end = in_child([&] {
        std::size_t i = 0;
        for (tracking_resource& one : many) {
            if (one.live_blocks() != 1) return 1;
            one.deallocate(held[i++], 16);
            if (one.live_blocks() != 0) return 2;
        }
        return 0;
    });
    CHECK(end.exit_status == 0);
    std::size_t i = 0;
    for (tracking_resource& one : many) one.deallocate(held[i++], 16);
}

TEST_CASE("a child of a busy program goes on, under its own number") {
    if (!malloc_survives_fork) {
        WARN("not tested: this sanitizer's malloc does not survive a fork of a busy program");
        return;
    }
    tracking_resource        tracking({}, std::pmr::new_delete_resource());
    std::atomic<bool>        over{false};
    std::vector<std::thread> crowd;
    for (int t = 0; t != 3; ++t)
        crowd.emplace_back([&] {
            while (!over) tracking.deallocate(tracking.allocate(40), 40);
        });
    crowd.emplace_back([&] {
        while (!over) static_cast<void>(tracking.report());
    });
    void* const   mine = tracking.allocate(77);
    unsigned long number = 0;
    tracking.for_each_live([&](const tracked_block& one) { number = one.bytes == 77 ? one.thread : number; });
    for (int round = 0; round != 20; ++round) {
        const child_end end = in_child([&] {
            const std::size_t live = tracking.live_blocks();
            if (live < 1 || live > 4) return 1;
            void* const   more = tracking.allocate(88);
            unsigned long own = 0, parents = 0;
            tracking.for_each_live([&](const tracked_block& one) {
                if (one.bytes == 88) own = one.thread;
                if (one.bytes == 77) parents = one.thread;
            });
            if (parents != number || own == number || own == 0) return 2;
            if (tracking.report().find("tracking: ") != 0) return 3;
            tracking.deallocate(more, 88);
            tracking.deallocate(mine, 77);
            return tracking.live_blocks() == live - 1 ? 0 : 4;
        });
        INFO(end.error);
        REQUIRE(end.exit_status == 0);
    }
    over = true;
    for (std::thread& one : crowd) one.join();
    tracking.deallocate(mine, 77);
    CHECK(tracking.live_blocks() == 0);
}

TEST_CASE("as std::pmr's default resource it takes nothing through itself") {
    strict_upstream   upstream;
    std::string       report;
    tracking_resource tracking(with_stacks(true), &upstream);
    auto* const       before = std::pmr::set_default_resource(&tracking);
    {
        std::pmr::list<std::pmr::string> texts;
        for (int i = 0; i != 1000; ++i) texts.emplace_back("long enough to need a block of its own, whatever the library");
        CHECK(tracking.live_blocks() == 2000);
        const std::uint64_t so_far = tracking.allocations();
        report = tracking.report();
        tracking.for_each_live([](const tracked_block&) {});
        tracking_resource another({}, &tracking);  // its books are not among the blocks
        CHECK(tracking.allocations() == so_far);
        CHECK(upstream.allocations == 2000);
        another.deallocate(another.allocate(8), 8);
        CHECK(tracking.allocations() == so_far + 1);
    }
    std::pmr::set_default_resource(before);
    CHECK(report.find(" live in 2000 blocks from ") != std::string::npos);
    CHECK(tracking.live_blocks() == 0);
}

// What needs more than one thread, or another process.
#include "child.hpp"
#include "conformance_checks.hpp"
#include "joined_threads.hpp"
#include "workload.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace autopmr::testing {
namespace {

std::vector<patterned_block> some_blocks(std::pmr::memory_resource& from, unsigned long long seed, std::size_t count) {
    dice                         roll(seed);
    std::vector<patterned_block> blocks;
    blocks.reserve(count);
    try {
        for (std::size_t i = 0; i != count; ++i) {
            blocks.push_back(take_patterned(from, roll.size(), roll.alignment(), static_cast<unsigned char>(seed + i)));
        }
    } catch (...) {  // a resource that refuses may still want its blocks back before it ends
        for (const patterned_block& block : blocks) give_back(from, block);
        throw;
    }
    return blocks;
}

/// Whether all of them still held what was written.
bool give_back_all(std::pmr::memory_resource& to, const std::vector<patterned_block>& blocks) {
    bool intact = true;
    for (const patterned_block& block : blocks) {
        intact = intact && block.intact();
        give_back(to, block);
    }
    return intact;
}

/// Places where threads leave blocks for each other.
class exchange {
public:
    patterned_block swap(std::size_t place, patterned_block block) {
        const std::lock_guard hold(locks_[place % places]);
        std::swap(blocks_[place % places], block);
        return block;
    }
    static constexpr std::size_t places = 64;

private:
    std::array<std::mutex, places>      locks_;
    std::array<patterned_block, places> blocks_;
};

/// Allocates, and frees what other threads left. False when a block had been written over.
bool trade(std::pmr::memory_resource& resource, exchange& market, unsigned long long seed, std::size_t steps) {
    dice roll(seed);
    bool intact = true;
    for (std::size_t step = 0; step != steps; ++step) {
        const patterned_block mine =
            take_patterned(resource, roll.size(), roll.alignment(), static_cast<unsigned char>(seed * 31 + step));
        const patterned_block theirs = market.swap(roll.below(exchange::places), mine);
        if (theirs.p == nullptr) continue;
        intact = intact && theirs.intact();
        give_back(resource, theirs);
    }
    return intact;
}

bool clear(std::pmr::memory_resource& resource, exchange& market) {
    bool intact = true;
    for (std::size_t place = 0; place != exchange::places; ++place) {
        const patterned_block left = market.swap(place, {});
        if (left.p == nullptr) continue;
        intact = intact && left.intact();
        give_back(resource, left);
    }
    return intact;
}

std::string ended_badly(const char* what, const child_end& end) {
    if (end.hung) return std::string(what) + " hung";
    std::string how = end.signal != 0 ? "signal " + std::to_string(end.signal) : "status " + std::to_string(end.exit_status);
    return std::string(what) + " ended by " + how + (end.error.empty() ? "" : ": " + end.error);
}

}  // namespace

std::string other_threads_may_free(const conformance_subject& subject) {
    bench                        on(subject);
    std::vector<patterned_block> blocks;
    on_another_thread([&] { blocks = some_blocks(on.resource(), 3, 400); });
    // Its maker is gone, and the one that frees has never allocated.
    bool intact = false;
    on_another_thread([&] { intact = give_back_all(on.resource(), blocks); });
    if (!intact) return "a block of a thread that ended was written over";
    return on.close();
}

std::string threads_may_share(const conformance_subject& subject) {
    constexpr unsigned threads = 4;
    bench              on(subject);
    exchange           market;
    std::atomic<bool>  intact{true};
    joined_threads     traders;
    for (unsigned seed = 1; seed <= threads; ++seed) {
        traders.start([&, seed] {
            if (!trade(on.resource(), market, seed, 4000)) intact = false;
        });
    }
    traders.wait();
    if (!clear(on.resource(), market)) intact = false;
    traders.join();  // throws only now: what was left for others has gone back
    if (!intact) return "a block was written over by another thread's";
    return on.close();
}

std::string ending_threads_may_use(const conformance_subject& subject) {
    /// Uses the resource when its thread's objects are being destroyed, the resource's own among them.
    struct last_user {
        std::pmr::memory_resource* resource = nullptr;
        patterned_block            kept;
        std::atomic<bool>*         intact = nullptr;
        joined_threads*            thrown = nullptr;
        ~last_user() {
            if (resource == nullptr) return;
            try {
                const auto more = some_blocks(*resource, 5, 50);
                *intact = give_back_all(*resource, more) && kept.intact();
            } catch (...) {
                thrown->caught();
            }
            give_back(*resource, kept);
        }
    };
    bench             on(subject);
    std::atomic<bool> intact{false};
    for (unsigned i = 0; i != 8; ++i) {
        intact = false;
        joined_threads one;
        one.start([&] {
            thread_local last_user user;  // made before the resource knows this thread, so destroyed after what it keeps here
            user.kept = take_patterned(on.resource(), 77, 8, 9);
            user.resource = &on.resource();
            user.intact = &intact;
            user.thrown = &one;
        });
        one.join();
        if (!intact) return "a thread's last blocks were written over";
    }
    return on.close();
}

std::string thread_after_thread_costs_nothing(const conformance_subject& subject) {
    constexpr unsigned threads = 2000, settled = 200;
    bench              on(subject);
    bool               intact = true;
    long long          held = 0;  // the most bytes of the upstream's that were held between two of the first threads
    std::string        broken;
    for (unsigned i = 0; i != threads && broken.empty(); ++i) {
        on_another_thread([&] { intact = give_back_all(on.resource(), some_blocks(on.resource(), 9, 20)) && intact; });
        const long long now = on.upstream().bytes_in_use();
        if (i < settled) {
            held = std::max(held, now);
        } else if (now > held) {
            broken = "it holds " + std::to_string(now) + " bytes after " + std::to_string(i + 1) + " threads, and " +
                     std::to_string(held) + " at most after any of the first " + std::to_string(settled);
        }
    }
    if (!intact) return "a block was written over";
    return broken.empty() ? on.close() : broken;
}

std::string forked_child_may_use(const conformance_subject& subject) {
    bench           on(subject);
    const auto      before = some_blocks(on.resource(), 6, 50);
    const child_end end = in_child([&] {
        const auto more = some_blocks(on.resource(), 7, 100);
        bool       intact = give_back_all(on.resource(), more);
        if (!subject.hides_from_children) intact = give_back_all(on.resource(), before) && intact;
        else for (const patterned_block& block : before) give_back(on.resource(), block);
        return intact ? 0 : 3;
    });
    if (!give_back_all(on.resource(), before)) return "the child's writes reached the parent";
    if (end.exit_status != 0) return ended_badly("the child", end);
    return on.close();
}

std::string child_of_busy_process_may_use(const conformance_subject& subject) {
    // Rests on nothing but the subject: the child of a process with threads may call only what is promised for it, so a
    // test_resource, which locks, is out of the question.
    const auto               resource = subject.make(std::pmr::new_delete_resource());
    exchange                 market;
    std::atomic<bool>        stop{false}, intact{true};
    joined_threads           traders;
    for (unsigned seed = 1; seed <= 2; ++seed) {
        traders.start([&, seed] {
            for (unsigned long long round = seed; !stop; round += 2) {
                if (!trade(*resource, market, round, 50)) intact = false;
            }
        });
    }
    const struct stopping {  // whatever happens here, or nobody could wait for them
        std::atomic<bool>& stop;
        ~stopping() { stop = true; }
    } stops{stop};
    std::string broken;
    for (unsigned i = 0; i != 10 && broken.empty(); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        const child_end end = in_child([&] { return give_back_all(*resource, some_blocks(*resource, i, 50)) ? 0 : 3; }, 10);
        if (end.exit_status != 0) broken = ended_badly("the child", end);
    }
    stop = true;
    traders.wait();
    if (!clear(*resource, market)) intact = false;
    traders.join();
    if (!intact) return "a block was written over by another thread's";
    return broken;
}

}  // namespace autopmr::testing

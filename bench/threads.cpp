/// Several threads over one resource: own blocks only, blocks freed by others (larson), and one side allocating for the other.
/// Each iteration starts its threads, waits until all stand ready, and measures until the last is done.

#include "subjects.hpp"
#include "together.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <string>
#include <thread>
#include <vector>

namespace {

using resource = std::pmr::memory_resource;

struct block {
    void*       at = nullptr;
    std::size_t bytes = 0;
};

std::uint32_t next(std::uint32_t& seed) { return seed = seed * 1664525u + 1013904223u; }

block take(resource& from, std::uint32_t& seed) {
    const std::size_t bytes = 16 + (next(seed) >> 16) % 496;
    block             b{from.allocate(bytes), bytes};
    std::memset(b.at, 1, std::min<std::size_t>(bytes, 64));
    return b;
}

void give(resource& to, block& b) {
    if (b.at != nullptr) to.deallocate(b.at, b.bytes);
    b = {};
}

constexpr std::size_t operations = 1000000;

/// Each thread replaces random blocks of its own.
double local(resource& r, unsigned threads) {
    return bench::together(threads, [&](unsigned t) {
        std::vector<block> mine(512);
        std::uint32_t      seed = t + 1;
        for (std::size_t i = 0; i != operations; ++i) {
            block& b = mine[next(seed) >> 23];
            give(r, b);
            b = take(r, seed);
        }
        for (block& b : mine) give(r, b);
    });
}

/// The server of Larson and Krishnan (ISMM 1998): threads hand their blocks to others, which free them.
double larson(resource& r, unsigned threads) {
    std::vector<std::vector<block>> sets(threads, std::vector<block>(512));
    constexpr unsigned              shifts = 8;
    std::barrier                    shift(static_cast<std::ptrdiff_t>(threads));
    return bench::together(threads, [&](unsigned t) {
        std::uint32_t seed = t + 1;
        for (unsigned s = 0; s != shifts; ++s) {
            std::vector<block>& set = sets[(t + s) % threads];
            for (std::size_t i = 0; i != operations / shifts; ++i) {
                block& b = set[next(seed) >> 23];
                give(r, b);
                b = take(r, seed);
            }
            shift.arrive_and_wait();
        }
        for (block& b : sets[t]) give(r, b);
    });
}

/// Each thread puts a new block into a random place of a table that all share, and frees what stood there: of four blocks that it frees
/// three were another's. What Larson's server does when connections move between threads all the time.
double shared_table(resource& r, unsigned threads) {
    struct alignas(64) place {
        std::atomic<std::size_t*> block{nullptr};
    };
    std::vector<place> table(1024);
    const double       time = bench::together(threads, [&](unsigned t) {
        std::uint32_t seed = t + 1;
        for (std::size_t i = 0; i != operations / 4; ++i) {
            const std::size_t bytes = 16 + (next(seed) >> 16) % 496;
            auto* const       mine = static_cast<std::size_t*>(r.allocate(bytes));
            *mine = bytes;
            std::size_t* const theirs = table[next(seed) >> 22].block.exchange(mine);
            if (theirs != nullptr) r.deallocate(theirs, *theirs);
        }
    });
    for (place& p : table)
        if (std::size_t* const left = p.block.load()) r.deallocate(left, *left);
    return time;
}

/// Half of the threads allocate batches, the other half free them.
double producer_consumer(resource& r, unsigned threads) {
    constexpr std::size_t batch = 64, slots = 64;
    struct lane {
        std::vector<block>       ring = std::vector<block>(batch * slots);
        std::atomic<std::size_t> written{0}, read{0};
    };
    std::vector<lane> lanes(std::max(1u, threads / 2));
    return bench::together(static_cast<unsigned>(lanes.size()) * 2, [&](unsigned t) {
        lane&         l = lanes[t / 2];
        std::uint32_t seed = t + 1;
        for (std::size_t n = 0; n != operations / batch; ++n) {
            if (t % 2 == 0) {
                while (n - l.read.load(std::memory_order_acquire) >= slots) std::this_thread::yield();
                for (std::size_t i = 0; i != batch; ++i) l.ring[n % slots * batch + i] = take(r, seed);
                l.written.store(n + 1, std::memory_order_release);
            } else {
                while (l.written.load(std::memory_order_acquire) <= n) std::this_thread::yield();
                for (std::size_t i = 0; i != batch; ++i) give(r, l.ring[n % slots * batch + i]);
                l.read.store(n + 1, std::memory_order_release);
            }
        }
    });
}

}  // namespace

int main(int argc, char** argv) {
    struct load {
        const char* name;
        double (*run)(resource&, unsigned);
        unsigned threads;
    };
    static constexpr load loads[] = {{"local 1 thread", local, 1},   {"local 2 threads", local, 2},
                                     {"larson 2 threads", larson, 2}, {"larson 4 threads", larson, 4},
                                     {"shared table 2 threads", shared_table, 2}, {"shared table 4 threads", shared_table, 4},
                                     {"producer/consumer 2 threads", producer_consumer, 2},
                                     {"producer/consumer 4 threads", producer_consumer, 4}};
    for (const load& l : loads)
        for (const bench::subject& s : bench::subjects()) {
            if (!s.thread_safe) continue;
            std::string name = l.name;
            std::replace(name.begin(), name.end(), '/', '-');
            benchmark::RegisterBenchmark(("threads/" + name + "/" + s.name).c_str(),
                                         [l, r = s.resource](benchmark::State& state) {
                                             for (auto _ : state) state.SetIterationTime(l.run(*r, l.threads));
                                         })
                ->UseManualTime()
                ->Unit(benchmark::kMillisecond);
        }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
}

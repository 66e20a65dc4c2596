/// What counting and bounding cost over a resource, each called through one virtual call: bare, fused and nested.
///
/// The resource below is mimalloc_resource: the decorators' own cost shows best over what is fastest. `--count WAY N` does N pairs and nothing else, for callgrind: the difference of two runs is the pairs alone.

#include <autopmr/backends/mimalloc.hpp>
#include <autopmr/chain.hpp>
#include <autopmr/decorators/limit.hpp>
#include <autopmr/decorators/statistics.hpp>
#include <autopmr/decorators/tracing.hpp>

#include <benchmark/benchmark.h>

#include <barrier>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <memory_resource>
#include <new>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace autopmr;

/// The usual way to count, for comparison: shared atomics with a peak.
class shared_counters {
public:
    static constexpr std::string_view name = "shared counters";
    void                              reserve(const block_request&) noexcept {}
    void                              commit(void*, const block_request& r) noexcept {
                                     const std::size_t now = live_.fetch_add(r.bytes, std::memory_order_relaxed) + r.bytes;
                                     for (std::size_t peak = peak_.load(std::memory_order_relaxed);
             now > peak && !peak_.compare_exchange_weak(peak, now);) {
        }
                                     total_.fetch_add(r.bytes, std::memory_order_relaxed);
                                     count_.fetch_add(1, std::memory_order_relaxed);
    }
    void cancel(const block_request&) noexcept {}
    void retire(void*, const block_request& r) noexcept { live_.fetch_sub(r.bytes, std::memory_order_relaxed); }
    void settle(const block_request&) noexcept {}

private:
    std::atomic<std::size_t> live_{0}, peak_{0}, total_{0}, count_{0};
};

constexpr std::size_t plenty = std::size_t{1} << 40;

struct subject {
    const char*                name;
    std::pmr::memory_resource* resource;
};

const std::vector<subject>& subjects() {
    static auto*                      bare = new mimalloc_resource;
    // The cost of recording and of handing full buffers over; what a file system then takes for 8 bytes an event is its own.
    static trace_file                 nowhere("/dev/null");
    static const std::vector<subject> all{
        {"bare", bare},
        {"statistics, fused", new observed<statistics, mimalloc_resource>},
        {"limit, fused", new observed<limit, mimalloc_resource>(plenty)},
        {"statistics+limit, fused", new observed<chain<statistics, limit>, mimalloc_resource>(plenty)},
        {"tracing, fused", new observed<tracing, mimalloc_resource>(nowhere)},
        {"statistics, nested", new statistics_resource(bare)},
        {"limit, nested", new limit_resource(plenty, bare)},
        {"shared counters, fused", new observed<shared_counters, mimalloc_resource>},
    };
    return all;
}

std::uint32_t next(std::uint32_t& seed) { return seed = seed * 1664525u + 1013904223u; }

/// One pair at once, the same size.
void ping(std::pmr::memory_resource& r, std::size_t pairs) {
    for (std::size_t i = 0; i != pairs; ++i) {
        void* block = r.allocate(64);
        benchmark::DoNotOptimize(block);
        r.deallocate(block, 64);
    }
}

/// Mixed sizes, a hundred blocks held: takes all, gives all back.
struct mixed {
    std::size_t sizes[100];
    void*       blocks[100] = {};
    mixed() {
        std::uint32_t seed = 1;
        for (std::size_t& size : sizes) size = 16 + (next(seed) >> 16) % ((next(seed) >> 16) % 8 == 0 ? 1008 : 240);
    }
    void run(std::pmr::memory_resource& r, std::size_t pairs) {
        for (std::size_t done = 0; done < pairs; done += 100) {
            for (int i = 0; i != 100; ++i) blocks[i] = r.allocate(sizes[i]);
            for (int i = 0; i != 100; ++i) r.deallocate(blocks[i], sizes[i]);
        }
    }
};

/// Threads that replace random blocks in a common table of slots, so that blocks are freed by others.
void larson(std::pmr::memory_resource& r, unsigned threads, std::size_t pairs) {
    constexpr std::size_t slots = 1024;
    struct slot {
        std::atomic<void*> block{nullptr};
    };
    static std::vector<slot> table(slots);
    std::vector<std::thread> all;
    for (unsigned t = 0; t != threads; ++t)
        all.emplace_back([&, t] {
            std::uint32_t seed = t + 1;
            for (std::size_t i = 0; i != pairs; ++i) {
                const std::size_t bytes = 16 + (next(seed) >> 16) % 496;
                auto*             block = static_cast<std::size_t*>(r.allocate(bytes));
                *block = bytes;
                auto* old = static_cast<std::size_t*>(table[(next(seed) >> 16) % slots].block.exchange(block));
                if (old != nullptr) r.deallocate(old, *old);
            }
        });
    for (std::thread& thread : all) thread.join();
    for (slot& s : table)
        if (auto* old = static_cast<std::size_t*>(s.block.exchange(nullptr))) r.deallocate(old, *old);
}

/// The same on each of several threads: twice the work in the same time where they do not get in one another's way.
void mixed_on(std::pmr::memory_resource& r, unsigned threads, std::size_t pairs) {
    std::vector<std::thread> all;
    for (unsigned t = 0; t != threads; ++t) all.emplace_back([&] { mixed().run(r, pairs); });
    for (std::thread& thread : all) thread.join();
}

int count(std::string_view way, std::size_t pairs) {
    for (const subject& s : subjects())
        if (s.name == way) {
            mixed().run(*s.resource, pairs);
            return 0;
        }
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (const std::string_view reason = mimalloc_backend.why_not(); !reason.empty()) {
        std::fprintf(stderr, "bench.decorators: skipped: %.*s\n", static_cast<int>(reason.size()), reason.data());
        return 0;
    }
    if (argc == 4 && std::string_view(argv[1]) == "--count") return count(argv[2], std::strtoull(argv[3], nullptr, 10));
    for (const subject& s : subjects()) {
        const std::string name = s.name;
        auto&             r = *s.resource;
        benchmark::RegisterBenchmark(("decorators/one block at a time/" + name).c_str(), [&r](benchmark::State& state) {
            for (auto _ : state) ping(r, 100);
        });
        benchmark::RegisterBenchmark(("decorators/mixed sizes/" + name).c_str(), [&r](benchmark::State& state) {
            mixed m;
            for (auto _ : state) m.run(r, 100);
        });
        for (unsigned threads : {1u, 2u})
            benchmark::RegisterBenchmark(("decorators/mixed sizes, " + std::to_string(threads) + " threads/" + name).c_str(),
                [&r, threads](benchmark::State& state) {
                    for (auto _ : state) mixed_on(r, threads, 1000000);
                })
                ->UseRealTime();
        for (unsigned threads : {1u, 2u, 4u})
            benchmark::RegisterBenchmark(("decorators/larson, " + std::to_string(threads) + " threads/" + name).c_str(),
                [&r, threads](benchmark::State& state) {
                    for (auto _ : state) larson(r, threads, 100000);
                })
                ->UseRealTime();
    }
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}

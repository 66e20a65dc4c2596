/// What page guards cost, beside GWP-ASan that guards every allocation: time of a pair, mappings, memory, and two threads.
///
/// GWP-ASan is scudo's, told to sample every allocation by SCUDO_OPTIONS, for which the program starts itself again. Each round times
/// every subject in turn. Output: JSON in Google Benchmark's form.
///     bench.guards [--benchmark_out=FILE] [--rounds=N]

#include "together.hpp"

#include <autopmr/backends/scudo.hpp>
#include <autopmr/guarded/page_guarded_resource.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace autopmr;
using resource = std::pmr::memory_resource;
constexpr std::size_t bytes = 64, most_live = 10000, pairs = 20000;

std::uint32_t next(std::uint32_t& seed) { return seed = seed * 1664525u + 1013904223u; }

void* touched(resource& r) { return std::memset(r.allocate(bytes, 8), 1, bytes); }

/// Replaces random ones of many live blocks; microseconds a pair.
double pair_cost(resource& r, std::vector<void*>& live, std::uint32_t& seed) {
    const auto before = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i != pairs; ++i) {
        void*& one = live[(next(seed) >> 8) % live.size()];
        r.deallocate(one, bytes, 8);
        one = touched(r);
    }
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - before).count() / pairs;
}

double seconds(resource& r, unsigned threads) {
    return bench::together(threads, [&](unsigned t) {
        std::vector<void*> live(1000);
        std::uint32_t      seed = t + 1;
        for (void*& one : live) one = touched(r);
        pair_cost(r, live, seed);
        for (void* one : live) r.deallocate(one, bytes, 8);
    });
}

std::size_t mappings_now() {
    std::ifstream maps("/proc/self/maps");
    std::size_t   lines = 0;
    for (std::string line; std::getline(maps, line);) ++lines;
    return lines;
}

/// Resident memory and page tables, KiB.
double memory_now() {
    std::ifstream status("/proc/self/status");
    double        sum = 0;
    for (std::string line; std::getline(status, line);)
        for (const char* const key : {"VmRSS:", "VmPTE:"})
            if (line.rfind(key, 0) == 0) sum += std::atof(line.c_str() + std::strlen(key));
    return sum;
}

struct amounts {
    double mappings = 0, kib_a_block = 0;
};

/// In a process of its own: nothing there was freed before.
amounts many(resource& (*make)(), std::size_t count) {
    int ends[2];
    if (::pipe(ends) != 0) return {};
    const pid_t child = ::fork();
    if (child == 0) {
        std::vector<void*> live(count);
        const std::size_t mappings = mappings_now();
        resource&         r = make();
        r.deallocate(touched(r), bytes, 8);  // what it has once and for all is not of a block
        const double memory = memory_now();
        for (void*& one : live) one = touched(r);
        const amounts now{static_cast<double>(mappings_now() - mappings), (memory_now() - memory) / static_cast<double>(count)};
        ::_exit(::write(ends[1], &now, sizeof now) == sizeof now ? 0 : 1);
    }
    ::close(ends[1]);
    amounts now;
    if (::read(ends[0], &now, sizeof now) != sizeof now) now = {};
    ::close(ends[0]);
    ::waitpid(child, nullptr, 0);
    return now;
}

resource& guarded(bool markers, unsigned frames = guard_pool_options().frames) {
    page_guarded_options options;
    options.pool.guard_markers = markers;
    options.pool.frames = frames;
    options.leaks = leak_answer::ignore;
    return *new page_guarded_resource(options);
}

struct subject {
    std::string        name;
    resource&          r;
    std::vector<void*> live = std::vector<void*>(most_live);
    std::uint32_t      seed = 1;
};

}  // namespace

int main(int argc, char** argv) {
    constexpr const char* wish = "GWP_ASAN_Enabled=1:GWP_ASAN_SampleRate=1:GWP_ASAN_MaxSimultaneousAllocations=20000";
    if (const char* set = std::getenv("SCUDO_OPTIONS"); set == nullptr || std::string_view(set) != wish) {
        ::setenv("SCUDO_OPTIONS", wish, 1);
        ::execv("/proc/self/exe", argv);
    }
    std::string out;
    int         rounds = 5;
    for (int i = 1; i != argc; ++i) {
        const std::string_view arg = argv[i];
        if (arg.rfind("--benchmark_out=", 0) == 0) out = arg.substr(16);
        else if (arg.rfind("--rounds=", 0) == 0) rounds = std::max(1, std::atoi(argv[i] + 9));
    }
    std::string json;
    const auto  add = [&](const std::string& what, double value, const char* unit) {
        json += std::string(json.empty() ? "" : ",\n") + R"({"name":"guards/)" + what + R"(","run_type":"iteration","real_time":)" +
                std::to_string(value) + R"(,"time_unit":")" + unit + "\"}";
    };
    // First, in children, while this process is small.
    const amounts now = many([]() -> resource& { return guarded(true); }, 100000);
    add("mappings for 100,000 live blocks of 64 B/page guard", now.mappings, "");
    add("memory and page tables a live block of 64 B/page guard", now.kib_a_block, "KiB");
    std::vector<std::unique_ptr<subject>> all;
    const bool                            have_scudo = scudo_backend.why_not().empty();
    if (have_scudo) {
        const amounts gwp = many([]() -> resource& { return scudo_backend.resource(); }, 10000);
        if (gwp.mappings < 10000) {
            std::cerr << "bench.guards: this scudo does not sample every allocation: no comparison\n";
            return 1;
        }
        add("mappings for 100,000 live blocks of 64 B/GWP-ASan", gwp.mappings * 10, "");
        add("memory and page tables a live block of 64 B/GWP-ASan", gwp.kib_a_block, "KiB");
        all.emplace_back(new subject{"GWP-ASan", scudo_backend.resource()});
    }
    all.emplace_back(new subject{"page guard", guarded(true)});
    all.emplace_back(new subject{"page guard without call stacks", guarded(true, 1)});
    all.emplace_back(new subject{"page guard without markers", guarded(false)});
    for (const auto& one : all)
        for (void*& block : one->live) block = touched(one->r);
    for (int round = 0; round != rounds; ++round) {
        double first = 0;
        for (const auto& one : all) {
            const double cost = pair_cost(one->r, one->live, one->seed);
            add("pair, 64 B, 10,000 live/" + one->name, cost, "us");
            if (one == all.front()) first = cost;
            else if (have_scudo) add("pair, over GWP-ASan's in the same round/" + one->name, cost / first, "x");
        }
    }
    for (const auto& one : all)
        for (void* block : one->live) one->r.deallocate(block, bytes, 8);
    for (int round = 0; round != rounds; ++round)
        for (const auto& one : all) {
            const double alone = seconds(one->r, 1), together = seconds(one->r, 2);
            add("twice the work of one thread over the time of two/" + one->name, 2 * alone / together, "x");
        }
    json = "{\"benchmarks\":[\n" + json + "\n]}\n";
    if (out.empty()) std::cout << json;
    else std::ofstream(out) << json;
}

/// What a subsystem costs over the backend it allocates from: the backend's own resource, a subsystem, one three levels down,
/// and one under a limit, each through one virtual call. Sizes are mixed, a hundred blocks are held.
///
/// Run with --benchmark_enable_random_interleaving=true --benchmark_repetitions=11 and compare medians.

#include <autopmr/selector.hpp>
#include <autopmr/subsystem.hpp>

#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace {

using namespace autopmr;

// Mostly small, some of a few KiB, as containers ask.
const std::vector<std::size_t>& mixed_sizes() {
    static const std::vector<std::size_t> sizes = [] {
        std::vector<std::size_t> all(4096);
        std::uint32_t            seed = 1;
        for (std::size_t& size : all) {
            seed = seed * 1664525u + 1013904223u;
            size = seed % 16 == 0 ? 256 + (seed >> 8) % 3840 : 8 + (seed >> 8) % 248;
        }
        return all;
    }();
    return sizes;
}

void mix(benchmark::State& state, std::pmr::memory_resource* resource) {
    const auto&                         sizes = mixed_sizes();
    std::array<void*, 100>              blocks{};
    std::array<std::size_t, 100>        taken{};
    std::size_t                         next = 0, slot = 0;
    for (void*& block : blocks) block = resource->allocate(taken[static_cast<std::size_t>(&block - blocks.data())] = 8);
    for (auto _ : state) {
        resource->deallocate(blocks[slot], taken[slot]);
        taken[slot] = sizes[next];
        blocks[slot] = resource->allocate(taken[slot]);
        next = (next + 1) % sizes.size();
        slot = (slot + 37) % blocks.size();
    }
    for (std::size_t i = 0; i != blocks.size(); ++i) resource->deallocate(blocks[i], taken[i]);
}

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    for (const char* name : {"mimalloc", "system"}) {
        const backend* const below = find_backend(name);
        if (!below->why_not().empty()) {
            std::printf("skipped %s: %.*s\n", name, static_cast<int>(below->why_not().size()), below->why_not().data());
            continue;
        }
        const std::string top = name;
        subsystem_options options;
        options.backend = name;
        configure(top, options).value_or_throw();
        options = {};
        options.limit = std::size_t{1} << 30;
        configure(top + ".limited", options).value_or_throw();
        const auto add = [&](const std::string& way, std::pmr::memory_resource* resource) {
            for (const int threads : {1, 2}) {
                const std::string load = top + (threads == 1 ? ", 1 thread" : ", 2 threads");
                benchmark::RegisterBenchmark(("subsystem/" + load + "/" + way).c_str(), mix, resource)->Threads(threads)->UseRealTime();
            }
        };
        add("bare", &below->resource());
        add("subsystem", &subsystem(top));
        add("three down", &subsystem(top + ".a.b.c"));
        add("limited", &subsystem(top + ".limited"));
    }
    benchmark::RunSpecifiedBenchmarks();
}

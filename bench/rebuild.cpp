/// Large containers that are built, thinned and dropped again and again: what a pool keeps of their order, round by round.

#include "subjects.hpp"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <list>
#include <map>
#include <memory_resource>
#include <string>
#include <unordered_map>

namespace {

using resource = std::pmr::memory_resource;

constexpr std::uint32_t elements = 200000;

std::uint32_t next(std::uint32_t& seed) { return seed = seed * 1664525u + 1013904223u; }

template <class Map>
void maps(resource& r) {
    Map           all(&r);
    std::uint32_t seed = 1;
    for (std::uint32_t i = 0; i != elements; ++i) all.emplace(next(seed), i);
    for (auto at = all.begin(); at != all.end();) at = next(seed) >> 31 != 0 ? all.erase(at) : std::next(at);
    for (std::uint32_t i = 0; i != elements / 4; ++i) all.emplace(next(seed), i);
    std::uint64_t sum = 0;
    for (const auto& [key, value] : all) sum += key ^ value;
    benchmark::DoNotOptimize(sum);
}

void lists(resource& r) {
    std::pmr::list<std::uint64_t> all(&r);
    std::uint32_t                 seed = 1;
    for (std::uint32_t i = 0; i != 2 * elements; ++i) all.push_back(i);
    all.remove_if([&](std::uint64_t) { return next(seed) >> 31 != 0; });
    for (std::uint32_t i = 0; i != elements / 2; ++i) all.push_front(i);
    std::uint64_t sum = 0;
    for (int pass = 0; pass != 3; ++pass)
        for (std::uint64_t value : all) sum += value;
    benchmark::DoNotOptimize(sum);
}

}  // namespace

int main(int argc, char** argv) {
    struct load {
        const char* name;
        void (*run)(resource&);
    };
    static constexpr load loads[] = {{"map", maps<std::pmr::map<std::uint32_t, std::uint64_t>>},
                                     {"unordered_map", maps<std::pmr::unordered_map<std::uint32_t, std::uint64_t>>},
                                     {"list", lists}};
    for (const load& l : loads)
        for (const bench::subject& s : bench::subjects())
            benchmark::RegisterBenchmark(("rebuild/" + std::string(l.name) + "/" + s.name).c_str(),
                                         [l, r = s.resource](benchmark::State& state) {
                                             for (auto _ : state) l.run(*r);
                                         })
                ->Unit(benchmark::kMillisecond);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
}

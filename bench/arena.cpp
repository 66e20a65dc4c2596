/// arena_resource against std::pmr::monotonic_buffer_resource, each through one virtual call and over new and delete.
///
/// "release" gives everything back after each round, as the standard's can only do; else the arena keeps its chunks.
/// `--count SUBJECT CASE N` does N rounds and nothing else, for callgrind: the difference of two runs is the rounds alone.

#include <autopmr/pools/arena_resource.hpp>

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <list>
#include <memory_resource>
#include <string>
#include <string_view>

namespace {

struct subject {
    const char*                name;
    std::pmr::memory_resource* resource;
    void (*end_round)(std::pmr::memory_resource*);
};

autopmr::arena_resource* arena() { return new autopmr::arena_resource(std::pmr::new_delete_resource()); }

const subject* subjects() {
    using autopmr::arena_resource;
    using std_monotonic = std::pmr::monotonic_buffer_resource;
    static const subject all[] = {
        {"std monotonic", new std_monotonic(std::pmr::new_delete_resource()), [](auto* r) { static_cast<std_monotonic*>(r)->release(); }},
        {"arena_resource", arena(), [](auto* r) { static_cast<arena_resource*>(r)->reset(); }},
        {"arena_resource, release", arena(), [](auto* r) { static_cast<arena_resource*>(r)->release(); }},
        {},
    };
    return all;
}

std::uint32_t next(std::uint32_t& seed) { return seed = seed * 1664525u + 1013904223u; }

/// The sizes of names, nodes and small arrays; aligned to 8, as most types are, now and then to 1 or 16.
void allocation_only(std::pmr::memory_resource* r) {
    struct request {
        std::uint32_t bytes, alignment;
    };
    static const auto* const requests = [] {
        static request all[1000];
        std::uint32_t  seed = 1;
        for (request& one : all) {
            const std::uint32_t roll = (next(seed) >> 16) % 8;
            one.alignment = roll == 0 ? 1 : roll == 1 ? 16 : 8;
            one.bytes = 8 + (next(seed) >> 16) % ((next(seed) >> 16) % 8 == 0 ? 504 : 88);
        }
        return all;
    }();
    for (int round = 0; round != 10; ++round)
        for (int i = 0; i != 1000; ++i) {
            void* block = r->allocate(requests[i].bytes, requests[i].alignment);
            asm volatile("" : : "r"(block) : "memory");  // DoNotOptimize would store it, which takes its share of so short a loop
        }
}

struct node {
    explicit node(std::pmr::memory_resource* r) : name(r), children(r) {}
    std::pmr::string     name;
    std::pmr::list<node> children;
};

void grow(node& at, std::pmr::memory_resource* r, int depth) {
    at.name.append(20, 'n');
    for (int i = 0; depth != 0 && i != 5; ++i) grow(at.children.emplace_back(r), r, depth - 1);
}

/// Built, and dropped by the destructors of its containers.
void document_tree(std::pmr::memory_resource* r) {
    node root(r);
    grow(root, r, 5);
    benchmark::DoNotOptimize(root.children.size());
}

struct load {
    const char* name;
    void (*run)(std::pmr::memory_resource*);
};
constexpr load loads[] = {{"allocation only", allocation_only}, {"document tree", document_tree}};

int count(std::string_view who, std::string_view what, unsigned long rounds) {
    for (const subject* s = subjects(); s->name != nullptr; ++s)
        for (const load& l : loads)
            if (s->name == who && l.name == what) {
                for (; rounds != 0; --rounds) l.run(s->resource), s->end_round(s->resource);
                return 0;
            }
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 5 && std::string_view(argv[1]) == "--count") return count(argv[2], argv[3], std::strtoul(argv[4], nullptr, 10));
    for (const load& l : loads)
        for (const subject* s = subjects(); s->name != nullptr; ++s)
            benchmark::RegisterBenchmark(("arena/" + std::string(l.name) + "/" + s->name).c_str(), [&l, s](benchmark::State& state) {
                for (auto _ : state) {
                    l.run(s->resource);
                    s->end_round(s->resource);
                }
            });
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
}

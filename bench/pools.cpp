/// What a block costs through one virtual call to allocate and one to deallocate, on one thread: the pools of the standard library, of
/// Boost and ours. "no work" hands out one buffer: below that no resource can come.

#include "subjects.hpp"

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

namespace {

using resource = std::pmr::memory_resource;

class no_work final : public resource {
    void* do_allocate(std::size_t, std::size_t) override { return buffer_; }
    void  do_deallocate(void* block, std::size_t, std::size_t) override { benchmark::DoNotOptimize(block); }
    bool  do_is_equal(const resource& other) const noexcept override { return this == &other; }

    alignas(64) std::byte buffer_[1024];
};

std::uint32_t next(std::uint32_t& seed) { return seed = seed * 1664525u + 1013904223u; }

/// 64 bytes, at once.
void pairs(resource& r) {
    for (int i = 0; i != 1000; ++i) {
        void* block = r.allocate(64);
        benchmark::DoNotOptimize(block);
        r.deallocate(block, 64);
    }
}

/// 64 bytes, a hundred held.
void batches(resource& r) {
    void* blocks[100];
    for (int i = 0; i != 10; ++i) {
        for (void*& block : blocks) block = r.allocate(64);
        benchmark::DoNotOptimize(blocks);
        for (void* block : blocks) r.deallocate(block, 64);
    }
}

/// Sizes from 16 to 511 bytes, one of 512 live blocks replaced at a time, at random.
void mixed(resource& r) {
    struct block {
        void*       at = nullptr;
        std::size_t bytes = 0;
    };
    static std::vector<block> live(512);
    std::uint32_t             seed = 7;
    for (int i = 0; i != 10000; ++i) {
        block& one = live[next(seed) >> 23];
        if (one.at != nullptr) r.deallocate(one.at, one.bytes);
        one.bytes = 16 + (next(seed) >> 16) % 496;
        one.at = r.allocate(one.bytes);
        *static_cast<char*>(one.at) = 1;
    }
    for (block& one : live) {
        if (one.at != nullptr) r.deallocate(one.at, one.bytes);
        one.at = nullptr;
    }
}

}  // namespace

int main(int argc, char** argv) {
    struct load {
        const char* name;
        void (*run)(resource&);
    };
    static constexpr load loads[] = {{"64 B, one at a time", pairs}, {"64 B, a hundred held", batches}, {"mixed sizes", mixed}};
    std::vector<bench::subject> all = bench::subjects();
    all.push_back({"no work", new no_work, true});
    for (const load& l : loads)
        for (const bench::subject& s : all)
            benchmark::RegisterBenchmark(("pools/" + std::string(l.name) + "/" + s.name).c_str(),
                                         [l, r = s.resource](benchmark::State& state) {
                                             for (auto _ : state) l.run(*r);
                                         });
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
}

/// What sampling adds to a pair of 64 bytes over new_delete_resource with 1000 blocks live, each called through one virtual call.
///
/// `--count WAY N` does N pairs and nothing else, for callgrind: the difference of two runs is the pairs alone.

#include <autopmr/backends/new_delete.hpp>
#include <autopmr/guarded/sampled_guard_resource.hpp>

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace autopmr;

struct subject {
    const char*                name;
    std::pmr::memory_resource* resource;
};

std::pmr::memory_resource* sampled(unsigned rate) {
    sampled_guard_options options;
    options.rate = rate;
    return new sampled_guard_resource(options, new new_delete_resource);
}

const std::vector<subject>& subjects() {
    static const std::vector<subject> all{
        {"bare", new new_delete_resource}, {"sampling off", sampled(0)},       {"1 in 25000", sampled(25000)},
        {"1 in 5000", sampled(5000)},      {"1 in 1000", sampled(1000)},
    };
    return all;
}

/// The oldest of a thousand blocks goes, a new one comes.
struct thousand_live {
    static constexpr std::size_t bytes = 64, live = 1000;
    explicit thousand_live(std::pmr::memory_resource& of) : resource(of) {
        for (void*& block : blocks) block = resource.allocate(bytes);
    }
    ~thousand_live() {
        for (void* block : blocks) resource.deallocate(block, bytes);
    }
    thousand_live(const thousand_live&) = delete;
    thousand_live& operator=(const thousand_live&) = delete;
    void run(std::size_t pairs) {
        for (; pairs != 0; --pairs) {
            resource.deallocate(blocks[at], bytes);
            blocks[at] = resource.allocate(bytes);
            at = at + 1 == live ? 0 : at + 1;
        }
    }
    std::pmr::memory_resource& resource;
    void*                      blocks[live];
    std::size_t                at = 0;
};

int count(std::string_view way, std::size_t pairs) {
    for (const subject& s : subjects())
        if (s.name == way) {
            thousand_live(*s.resource).run(pairs);
            return 0;
        }
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 4 && std::string_view(argv[1]) == "--count") return count(argv[2], std::strtoull(argv[3], nullptr, 10));
    for (const subject& s : subjects()) {
        auto& r = *s.resource;
        benchmark::RegisterBenchmark((std::string("guards_sampled/64 bytes, 1000 live/") + s.name).c_str(),
                                     [&r](benchmark::State& state) {
                                         thousand_live all(r);
                                         for (auto _ : state) all.run(50000);  // several samples of each rate in one
                                     });
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
}

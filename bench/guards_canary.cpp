/// What the guards that stand on any upstream cost: a pair of 64 bytes over new_delete_resource, through virtual calls as containers make them.
///
/// `--count WAY N` does N pairs and nothing else, for callgrind: the difference of two runs is the pairs alone. `--bytes` prints what
/// a canary adds to a block, as its upstream sees it.

#include <autopmr/guarded/canary_resource.hpp>
#include <autopmr/guarded/quarantine_resource.hpp>
#include <autopmr/guarded/zeroing_resource.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
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

const std::vector<subject>& subjects() {
    static auto* const                bare = std::pmr::new_delete_resource();
    static auto* const                quarantine = new quarantine_resource(bare);
    static const std::vector<subject> all{
        {"bare", bare},
        {"canary", new canary_resource(bare)},
        {"canary with fill", new canary_resource(canary_options{"canary", "", nullptr, true}, bare)},
        {"zeroing", new zeroing_resource(bare)},
        {"quarantine", quarantine},
        {"canary over quarantine", new canary_resource(quarantine)},
    };
    return all;
}

/// One pair at once, the same size.
void ping(std::pmr::memory_resource& r, std::size_t pairs) {
    for (std::size_t i = 0; i != pairs; ++i) {
        void* block = r.allocate(64);
        benchmark::DoNotOptimize(block);
        r.deallocate(block, 64);
    }
}

/// The same among a thousand that live: each pair frees the oldest.
void among_1000(std::pmr::memory_resource& r, std::vector<void*>& live, std::size_t pairs) {
    for (std::size_t i = 0; i != pairs; ++i) {
        void*& oldest = live[i % live.size()];
        r.deallocate(oldest, 64);
        oldest = r.allocate(64);
    }
}

int count(std::string_view way, std::size_t pairs) {
    for (const subject& s : subjects())
        if (s.name == way) {
            ping(*s.resource, pairs);
            return 0;
        }
    return 1;
}

/// The most that an upstream was asked for beyond the block, at alignments up to 16.
int bytes() {
    struct measuring final : std::pmr::memory_resource {
        std::size_t last = 0;
        void*       do_allocate(std::size_t n, std::size_t alignment) override {
            last = n;
            return std::pmr::new_delete_resource()->allocate(n, alignment);
        }
        void do_deallocate(void* p, std::size_t n, std::size_t alignment) override { std::pmr::new_delete_resource()->deallocate(p, n, alignment); }
        bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
    } below;
    canary_resource canary(&below);
    std::size_t     most = 0;
    for (std::size_t n = 0; n != 300; ++n)
        for (std::size_t alignment = 1; alignment <= 16; alignment *= 2) {
            canary.deallocate(canary.allocate(n, alignment), n, alignment);
            most = std::max(most, below.last - n);
        }
    std::printf("%zu\n", most);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 2 && std::string_view(argv[1]) == "--bytes") return bytes();
    if (argc == 4 && std::string_view(argv[1]) == "--count") return count(argv[2], std::strtoull(argv[3], nullptr, 10));
    for (const subject& s : subjects()) {
        auto& r = *s.resource;
        benchmark::RegisterBenchmark(("guards on any upstream/64 bytes, one block at a time/" + std::string(s.name)).c_str(),
            [&r](benchmark::State& state) {
                for (auto _ : state) ping(r, 100);
            });
        benchmark::RegisterBenchmark(("guards on any upstream/64 bytes, 1000 live/" + std::string(s.name)).c_str(),
            [&r](benchmark::State& state) {
                std::vector<void*> live(1000);
                for (void*& block : live) block = r.allocate(64);
                for (auto _ : state) among_1000(r, live, 1000);
                for (void* block : live) r.deallocate(block, 64);
            });
    }
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}

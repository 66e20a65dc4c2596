/// How two threads over one resource scale: twice the work of one thread, over the time it takes two. 2 is all there is to have.
///
/// Both are timed in turn, several times, each from the first thread's beginning to the last one's end. Output: JSON in Google Benchmark's form.
///     bench.scaling [--benchmark_out=FILE] [--rounds=N]

#include "subjects.hpp"
#include "together.hpp"

#include <autopmr/backends/mimalloc.hpp>
#include <autopmr/decorators/limit.hpp>
#include <autopmr/decorators/statistics.hpp>
#include <autopmr/decorators/tracing.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <memory_resource>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

using resource = std::pmr::memory_resource;

std::uint32_t next(std::uint32_t& seed) { return seed = seed * 1664525u + 1013904223u; }

void containers(resource& r, unsigned thread) {
    std::uint32_t seed = thread + 1;
    for (int round = 0; round != 12; ++round) {
        std::pmr::map<std::uint32_t, std::uint64_t>           ordered(&r);
        std::pmr::unordered_map<std::uint32_t, std::uint64_t> hashed(&r);
        std::pmr::vector<std::pmr::string>                    names(&r);
        for (int i = 0; i != 4000; ++i) {
            ordered[next(seed) & 0xffff] += 1;
            hashed[next(seed) & 0xffff] += 1;
            names.emplace_back(16 + next(seed) % 100, 'x');
        }
        for (int i = 0; i != 2000; ++i) {
            ordered.erase(next(seed) & 0xffff);
            hashed.erase(next(seed) & 0xffff);
        }
    }
}

void mixed(resource& r, unsigned thread) {
    struct block {
        void*       at = nullptr;
        std::size_t bytes = 0;
    };
    std::vector<block> live(512);
    std::uint32_t      seed = thread + 1;
    for (int i = 0; i != 2000000; ++i) {
        block& one = live[next(seed) >> 23];
        if (one.at != nullptr) r.deallocate(one.at, one.bytes);
        one.bytes = 16 + (next(seed) >> 16) % 496;
        one.at = r.allocate(one.bytes);
        *static_cast<char*>(one.at) = 1;
    }
    for (block& one : live)
        if (one.at != nullptr) r.deallocate(one.at, one.bytes);
}

double seconds(void (*work)(resource&, unsigned), resource& r, unsigned threads) {
    return bench::together(threads, [&](unsigned t) { work(r, t); });
}

}  // namespace

int main(int argc, char** argv) {
    std::string out;
    int         rounds = 15;
    for (int i = 1; i != argc; ++i) {
        const std::string_view arg = argv[i];
        if (arg.rfind("--benchmark_out=", 0) == 0) out = arg.substr(16);
        else if (arg.rfind("--rounds=", 0) == 0) rounds = std::max(1, std::atoi(argv[i] + 9));
    }
    struct entry {
        const char* load;
        void (*work)(resource&, unsigned);
        std::string name;
        resource*   r;
    };
    std::vector<entry> all;
    for (const bench::subject& s : bench::subjects())
        if (s.thread_safe) all.push_back({"containers", containers, s.name, s.resource});
    using namespace autopmr;
    auto* const trace = new trace_file("/dev/null");
    if (mimalloc_backend.why_not().empty()) {
        all.push_back({"mixed sizes", mixed, "mimalloc", &mimalloc_backend.resource()});
        all.push_back({"mixed sizes", mixed, "statistics, fused", new observed<statistics, mimalloc_resource>});
        all.push_back({"mixed sizes", mixed, "limit, fused", new observed<limit, mimalloc_resource>(std::size_t{1} << 40)});
        all.push_back({"mixed sizes", mixed, "tracing, fused", new observed<tracing, mimalloc_resource>(*trace, "bench")});
    }
    all.push_back({"mixed sizes", mixed, "concurrent_pool_resource", new concurrent_pool_resource(std::pmr::new_delete_resource())});
    std::string json;
    for (int round = 0; round != rounds; ++round)
        for (const entry& one : all) {
            const double alone = seconds(one.work, *one.r, 1), together = seconds(one.work, *one.r, 2);
            json += std::string(json.empty() ? "" : ",\n") + R"({"name":"scaling/)" + one.load + "/" + one.name +
                    R"(","run_type":"iteration","real_time":)" + std::to_string(2 * alone / together) + R"(,"time_unit":"x"})";
        }
    json = "{\"benchmarks\":[\n" + json + "\n]}\n";
    if (out.empty()) std::cout << json;
    else std::ofstream(out) << json;
}

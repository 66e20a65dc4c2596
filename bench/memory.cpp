/// What memory each resource keeps: one process a case, so that none inherits another's pages.
///
/// For every load and resource it prints the peak resident size over what was live at most, the resident share of that peak
/// after everything was freed, and the same after trim(). Output: JSON in Google Benchmark's form, for bench/report.
///     bench.memory [--benchmark_out=FILE] [--rounds=N]

#include "subjects.hpp"

#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using resource = std::pmr::memory_resource;

struct block {
    void*       at = nullptr;
    std::size_t bytes = 0;
};

struct books {
    std::size_t live = 0, most = 0;
};

std::uint32_t next(std::uint32_t& seed) { return seed = seed * 1664525u + 1013904223u; }

/// Most are small, a few are large, as in programs.
std::size_t size(std::uint32_t& seed) {
    const std::uint32_t r = next(seed) >> 8;
    if (r % 100 == 0) return 4096 + r % 60000;
    return 16 + r % 496;
}

block take(resource& from, std::size_t bytes, books& b) {
    block taken{from.allocate(bytes), bytes};
    std::memset(taken.at, 1, bytes);
    b.most = std::max(b.most, b.live += bytes);
    return taken;
}

void give(resource& to, block& taken, books& b) {
    if (taken.at == nullptr) return;
    to.deallocate(taken.at, taken.bytes);
    b.live -= taken.bytes;
    taken = {};
}

void steady_mix(resource& r, books& b) {
    std::vector<block> all(40000);
    std::uint32_t      seed = 1;
    for (int i = 0; i != 400000; ++i) {
        block& at = all[(next(seed) >> 8) % all.size()];
        give(r, at, b);
        at = take(r, size(seed), b);
    }
    for (block& at : all) give(r, at, b);
}

void phase_shift(resource& r, books& b) {
    std::vector<block> kept;
    std::uint32_t      seed = 1;
    for (std::size_t phase = 0; phase != 8; ++phase) {
        std::vector<block> all;
        const std::size_t  lowest = std::size_t{16} << phase;
        for (std::size_t bytes = 0; bytes < 16u << 20;) {
            all.push_back(take(r, lowest + (next(seed) >> 8) % lowest, b));
            bytes += all.back().bytes;
        }
        for (std::size_t i = 0; i != all.size(); ++i)
            if (i % 20 == 0) kept.push_back(all[i]);
            else give(r, all[i], b);
    }
    for (block& at : kept) give(r, at, b);
}

void generations(resource& r, books& total) {
    constexpr unsigned       threads = 8, rounds = 12;
    std::vector<books>       each(threads);
    std::vector<std::thread> all;
    for (unsigned round = 0; round != rounds; ++round) {
        all.clear();
        for (unsigned t = 0; t != threads; ++t)
            all.emplace_back([&r, &each, t, round] {
                std::vector<block> mine(4000);
                std::uint32_t      seed = round * threads + t + 1;
                for (int i = 0; i != 20000; ++i) {
                    block& at = mine[(next(seed) >> 8) % mine.size()];
                    give(r, at, each[t]);
                    at = take(r, size(seed), each[t]);
                }
                for (block& at : mine) give(r, at, each[t]);
            });
        for (std::thread& t : all) t.join();
    }
    for (const books& b : each) total.most += b.most;  // all threads run at once: their peaks add up, about
}

struct load {
    const char* name;
    void (*run)(resource&, books&);
    bool threads;
};
constexpr load loads[] = {{"steady mix", steady_mix, false}, {"phase shift, 5 % survive", phase_shift, false},
                          {"8 threads x 12 generations", generations, true}};

std::size_t resident(const char* key) {
    std::ifstream file("/proc/self/status");
    for (std::string line; std::getline(file, line);)
        if (line.rfind(key, 0) == 0) return std::strtoull(line.c_str() + std::strlen(key) + 1, nullptr, 10) * 1024;
    return 0;
}

void measure(const load& l, const bench::subject& s) {
    const std::size_t before = resident("VmRSS");
    books             b;
    l.run(*s.resource, b);
    const std::size_t peak = resident("VmHWM") - before, kept = resident("VmRSS");
    if (const autopmr::backend* what = autopmr::find_backend(s.name); what != nullptr && what->trim != nullptr) what->trim();
    if (s.pool != nullptr) s.pool->trim(), ::malloc_trim(0);  // below it lies malloc, which keeps what it is given
    const std::size_t trimmed = resident("VmRSS");
    const auto        over = [before](std::size_t now) { return now > before ? static_cast<double>(now - before) : 0.0; };
    std::printf("%.4f %.4f %.4f\n", static_cast<double>(peak) / static_cast<double>(b.most), over(kept) / static_cast<double>(peak),
                over(trimmed) / static_cast<double>(peak));
}

}  // namespace

int main(int argc, char** argv) {
    std::string out;
    int         rounds = 3;
    for (int i = 1; i != argc; ++i) {
        const std::string_view arg = argv[i];
        if (arg.rfind("--benchmark_out=", 0) == 0) out = arg.substr(16);
        else if (arg.rfind("--rounds=", 0) == 0) rounds = std::max(1, std::atoi(argv[i] + 9));
    }
    const auto  all = bench::subjects();
    std::string json;
    for (int round = 0; round != rounds; ++round)
        for (const load& l : loads)
            for (const bench::subject& s : all) {
                if (l.threads && !s.thread_safe) continue;
                int channel[2];
                if (::pipe(channel) != 0) return 1;
                const pid_t child = ::fork();
                if (child == 0) {
                    ::dup2(channel[1], STDOUT_FILENO);
                    measure(l, s);
                    std::fflush(stdout);
                    ::_exit(0);
                }
                ::close(channel[1]);
                char   text[128] = {};
                double values[3] = {};
                const ssize_t got = ::read(channel[0], text, sizeof text - 1);
                ::close(channel[0]);
                ::waitpid(child, nullptr, 0);
                if (got <= 0 || std::sscanf(text, "%lf %lf %lf", values, values + 1, values + 2) != 3) {
                    std::cerr << "bench.memory: " << l.name << " on " << s.name << " failed\n";
                    return 1;
                }
                static constexpr const char* kinds[] = {"peak over live", "kept after freeing", "kept after trim"};
                for (int k = 0; k != 3; ++k)
                    json += std::string(json.empty() ? "" : ",\n") + R"({"name":"memory/)" + kinds[k] + ": " + l.name + "/" + s.name +
                            R"(","run_type":"iteration","real_time":)" + std::to_string(values[k]) + R"(,"time_unit":"x"})";
            }
    json = "{\"benchmarks\":[\n" + json + "\n]}\n";
    if (out.empty()) std::cout << json;
    else std::ofstream(out) << json;
}

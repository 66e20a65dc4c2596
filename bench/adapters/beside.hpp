#pragma once
/// \file
/// A library's load on its own memory and on ours, side by side: each load in a process of its own, so that none finds another's pages,
/// all of them in turn. What counts is the CPU time of the load alone, user's and system's, not what else the machine does.

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// What is counted by callgrind is pairs of these, as bench.wrapper's.
constexpr std::size_t pair_sizes[16] = {64, 24, 256, 40, 96, 16, 512, 128, 48, 1000, 32, 200, 72, 64, 400, 88};

/// `prepare` is not measured. Each says whether it did what it should.
struct side {
    std::string           name;
    std::function<bool()> prepare = [] { return true; };
};
struct load {
    std::string           name;
    std::function<bool()> run;
};

inline double cpu_milliseconds() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto of = [](const timeval& t) { return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_usec) / 1e3; };
    return of(used.ru_utime) + of(used.ru_stime);
}

/// Below 0 where it failed.
inline double in_a_child(const side& on, const load& what) {
    int channel[2];
    if (::pipe(channel) != 0) return -1;
    const pid_t child = ::fork();
    if (child == 0) {
        double took = -1;
        if (on.prepare()) {
            const double before = cpu_milliseconds();
            if (what.run()) took = cpu_milliseconds() - before;
        }
        const auto written = ::write(channel[1], &took, sizeof took);
        ::_exit(written == sizeof took ? 0 : 1);
    }
    ::close(channel[1]);
    double took = -1;
    if (child < 0 || ::read(channel[0], &took, sizeof took) != sizeof took) took = -1;
    ::close(channel[0]);
    if (child > 0) ::waitpid(child, nullptr, 0);
    return took;
}

/// A benchmark's main: JSON in Google Benchmark's form. `--benchmark_out=FILE`, `--rounds=N`; `--count SIDE LOAD` runs one load once, in
/// this process, for callgrind.
inline int beside(int argc, char** argv, const std::vector<side>& sides, const std::vector<load>& loads) {
    std::string out;
    int         rounds = 15;
    for (int i = 1; i != argc; ++i) {
        const std::string_view arg = argv[i];
        if (arg.rfind("--benchmark_out=", 0) == 0) out = arg.substr(16);
        else if (arg.rfind("--rounds=", 0) == 0) rounds = std::max(1, std::atoi(argv[i] + 9));
        else if (arg == "--count" && i + 2 < argc) {
            for (const side& on : sides)
                for (const load& what : loads)
                    if (on.name == argv[i + 1] && what.name == argv[i + 2]) return on.prepare() && what.run() ? 0 : 1;
            return 2;
        }
    }
    struct cell {
        const load*         what;
        const side*         on;
        std::vector<double> took;
    };
    std::vector<cell> cells;
    for (const load& what : loads)
        for (const side& on : sides) cells.push_back({&what, &on, {}});
    std::vector<cell*> order;
    for (cell& one : cells) order.push_back(&one);
    std::minstd_rand random(1);
    for (int round = 0; round != rounds; ++round) {
        std::shuffle(order.begin(), order.end(), random);
        for (cell* one : order) {
            one->took.push_back(in_a_child(*one->on, *one->what));
            if (one->took.back() < 0) return std::cerr << argv[0] << ": " << one->what->name << ", " << one->on->name << " failed\n", 1;
        }
    }
    std::string json;
    for (const cell& one : cells)
        for (const double took : one.took)
            json += std::string(json.empty() ? "" : ",\n") + R"({"name":"bridges/)" + one.what->name + "/" + one.on->name +
                    R"(","run_type":"iteration","real_time":)" + std::to_string(took) + R"(,"time_unit":"ms"})";
    json = "{\"benchmarks\":[\n" + json + "\n]}\n";
    if (out.empty()) std::cout << json;
    else std::ofstream(out) << json;
    return 0;
}

/// Empty where it can't be read.
inline std::string file_text(const char* path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace bench

/// What choosing costs: each probe of the machine, the pure choice, and install_default() in a process that has just begun.
/// `--cold` is the child's side of the last: it prints microseconds and the allocations made from the default resource.

#include <autopmr/host.hpp>
#include <autopmr/selector.hpp>

#include <benchmark/benchmark.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory_resource>
#include <stdexcept>

namespace {

double cold(const char* self) {
    int  channel[2];
    char text[64] = {};
    if (::pipe(channel) != 0) throw std::runtime_error("pipe failed");
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(channel[1], STDOUT_FILENO);
        ::execl(self, self, "--cold", static_cast<char*>(nullptr));
        ::_exit(127);
    }
    ::close(channel[1]);
    const ssize_t got = ::read(channel[0], text, sizeof text - 1);
    ::close(channel[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (got <= 0 || status != 0) throw std::runtime_error("the child failed");
    return std::atof(text) / 1e6;
}

int be_cold() {
    const auto  began = std::chrono::steady_clock::now();
    const auto& made = autopmr::install_default();
    const auto  took = std::chrono::steady_clock::now() - began;
    std::printf("%.1f\n", std::chrono::duration<double, std::micro>(took).count());
    return made.ok() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 2 && std::strcmp(argv[1], "--cold") == 0) return be_cold();
    benchmark::RegisterBenchmark("selection/probe_host/", [](benchmark::State& state) {
        for (auto _ : state) benchmark::DoNotOptimize(autopmr::probe_host());
    })->Unit(benchmark::kMicrosecond);
    benchmark::RegisterBenchmark("selection/select/", [](benchmark::State& state) {
        for (auto _ : state) benchmark::DoNotOptimize(autopmr::select());
    })->Unit(benchmark::kMicrosecond);
    benchmark::RegisterBenchmark("selection/choose/", [](benchmark::State& state) {
        autopmr::request asked;
        asked.facts = autopmr::probe_host();
        for (auto _ : state) benchmark::DoNotOptimize(autopmr::choose(asked, autopmr::candidates()));
    })->Unit(benchmark::kMicrosecond);
    benchmark::RegisterBenchmark("selection/install_default, new process/", [](benchmark::State& state) {
        for (auto _ : state) state.SetIterationTime(cold("/proc/self/exe"));
    })->UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(5);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
}

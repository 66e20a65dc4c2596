/// How many instructions single operations take: a child is stepped through each of them, one instruction at a time.
///
/// The worst case is what a heap for machines without an operating system is chosen for; times would show the machine's noise
/// instead. Operations of mixed sizes and alignments in a heap that is in use: on the fixed heap, and a tenth as many on the C
/// library's malloc for comparison. Stepping costs some microseconds an instruction: a minute or two for all of it, and ten in
/// a virtual machine that traps each step. Output: JSON in Google Benchmark's form, for bench/report.
///     bench.fixed_heap_steps [--benchmark_out=FILE] [--operations=N]

#include <autopmr/backends/system.hpp>
#include <autopmr/pools/fixed_heap_resource.hpp>

#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory_resource>
#include <new>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct operation {
    void*       at;  // null: allocate
    std::size_t bytes, alignment;
};

enum kind : unsigned { nothing, allocation, deallocation, kinds };

/// What the child tells by being in it: which operation runs now.
std::atomic<unsigned>* running;

class dice {
public:
    std::size_t below(std::size_t bound) noexcept {
        state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
        return static_cast<std::size_t>(state_ >> 33U) % bound;
    }

private:
    std::uint64_t state_ = 1;
};

/// Most are small, a few are large, as in programs; one in eight is aligned to more than the least.
operation some_allocation(dice& roll) {
    return {nullptr, roll.below(100) == 0 ? 4096 + roll.below(60000) : 16 + roll.below(496),
        std::size_t{1} << (roll.below(8) == 0 ? roll.below(13) : roll.below(5))};
}

class workload {
public:
    explicit workload(std::pmr::memory_resource& on) : on_(on) { live_.reserve(1 << 18); }

    void one() {
        if (live_.empty() || roll_.below(1000) < (live_.size() < 60000 ? 501 : 499)) {
            operation next = some_allocation(roll_);
            running->store(allocation, std::memory_order_relaxed);
            next.at = on_.allocate(next.bytes, next.alignment);
            running->store(nothing, std::memory_order_relaxed);
            live_.push_back(next);
        } else {
            std::swap(live_[roll_.below(live_.size())], live_.back());
            const operation last = live_.back();
            running->store(deallocation, std::memory_order_relaxed);
            on_.deallocate(last.at, last.bytes, last.alignment);
            running->store(nothing, std::memory_order_relaxed);
            live_.pop_back();
        }
    }
    void grow_to(std::size_t blocks) {
        while (live_.size() != blocks) {
            operation next = some_allocation(roll_);
            next.at = on_.allocate(next.bytes, next.alignment);
            live_.push_back(next);
        }
        for (unsigned i = 0; i != 200000; ++i) one();  // what comes and goes leaves holes; and all code is bound by now
    }

private:
    std::pmr::memory_resource& on_;
    std::vector<operation>     live_;
    dice                       roll_;
};

[[noreturn]] void child(std::pmr::memory_resource& on, unsigned operations) {
    workload load(on);
    load.grow_to(60000);
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    std::raise(SIGSTOP);
    for (unsigned i = 0; i != operations; ++i) load.one();
    ::_exit(0);
}

using counts = std::vector<unsigned>;

/// The instructions of each operation, by kind. Empty where the system lets nobody step.
std::vector<counts> step_through(std::pmr::memory_resource& on, unsigned operations) {
    std::vector<counts> all(kinds);
    const pid_t         pid = ::fork();
    if (pid == 0) child(on, operations);
    int status = 0;
    ::waitpid(pid, &status, 0);
    unsigned was = nothing, steps = 0;
    while (WIFSTOPPED(status)) {
        const unsigned now = running->load(std::memory_order_relaxed);
        if (now != was) {
            if (was != nothing) all[was].push_back(steps);
            was = now;
            steps = 0;
        }
        ++steps;
        if (::ptrace(PTRACE_SINGLESTEP, pid, nullptr, nullptr) != 0 || ::waitpid(pid, &status, 0) < 0) break;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) all.clear();
    return all;
}

std::string entry(std::string_view what, std::string_view subject, double value) {
    return R"({"name":"fixed_heap_steps/)" + std::string(what) + "/" + std::string(subject) +
           R"(","run_type":"iteration","real_time":)" + std::to_string(value) + R"(,"time_unit":"x"})";
}

/// Median, worst, and the one over the other.
std::string entries(std::string_view what, std::string_view subject, counts steps) {
    std::sort(steps.begin(), steps.end());
    const double median = steps[steps.size() / 2], worst = steps.back();
    std::fprintf(stderr, "%-12.*s %-10.*s %7zu operations: median %5.0f, worst %6.0f instructions, %.2f times the median\n",
        static_cast<int>(what.size()), what.data(), static_cast<int>(subject.size()), subject.data(), steps.size(), median,
        worst, worst / median);
    const std::string name(what);
    return entry(name + ": median", subject, median) + ",\n" + entry(name + ": worst", subject, worst) + ",\n" +
           entry(name + ": worst over median", subject, worst / median);
}

}  // namespace

int main(int argc, char** argv) {
    std::string out;
    unsigned    operations = 100000;
    for (int i = 1; i != argc; ++i) {
        const std::string_view arg = argv[i];
        if (arg.rfind("--benchmark_out=", 0) == 0) out = arg.substr(16);
        else if (arg.rfind("--operations=", 0) == 0)
            operations = std::max(1000U, static_cast<unsigned>(std::strtoul(argv[i] + 13, nullptr, 10)));
    }
    void* shared = ::mmap(nullptr, sizeof *running, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) return 1;
    running = ::new (shared) std::atomic<unsigned>(nothing);

    constexpr std::size_t        bytes = std::size_t{64} << 20;
    std::vector<char>            memory(bytes);
    autopmr::fixed_heap_resource heap(memory.data(), bytes);
    autopmr::system_resource     system;
    struct {
        const char*                name;
        std::pmr::memory_resource& resource;
        unsigned                   operations;
    } const subjects[] = {{"fixed_heap", heap, operations}, {"system", system, operations / 10}};
    std::string json;
    for (const auto& [name, resource, count] : subjects) {
        std::vector<counts> steps = step_through(resource, count);
        if (steps.empty() || steps[allocation].empty() || steps[deallocation].empty()) {
            std::cerr << "bench.fixed_heap_steps: " << name
                      << " could not be stepped through: does this system allow ptrace?\n";
            return 1;
        }
        counts both = steps[allocation];
        both.insert(both.end(), steps[deallocation].begin(), steps[deallocation].end());
        json += (json.empty() ? "" : ",\n") + entries("any", name, both) + ",\n" +
                entries("allocate", name, steps[allocation]) + ",\n" + entries("deallocate", name, steps[deallocation]);
    }
    json = "{\"benchmarks\":[\n" + json + "\n]}\n";
    if (out.empty()) std::cout << json;
    else std::ofstream(out) << json;
}

#include "side_by_side.hpp"

#include "input.hpp"

#include <autopmr/autopmr.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <memory>
#include <memory_resource>
#include <sstream>

namespace {

const std::string plain = "std containers", standard = "std::pmr new_delete", subsystems = "autopmr subsystems";

/// VmHWM is this process image's own; what getrusage says after exec still holds the parent's.
double peak_mebibytes() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;)
        if (word == "VmHWM:") {
            double kibibytes = 0;
            status >> kibibytes;
            return kibibytes / 1024;
        }
    throw std::runtime_error("/proc/self/status has no VmHWM");
}

/// Of all threads: on a machine that does other things too, time on the clock measures those.
double cpu_milliseconds() {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

template <template <class> class Allocator>
std::string work(Allocator<char> text, Allocator<char> index, Allocator<char> graph, const std::string& path) {
    package_graph<Allocator> packages(text, index, graph);
    read_into(packages, path);
    std::ostringstream found;
    found << packages.packages() << ' ' << packages.edges() << ' ' << packages.sections();
    for (const dependants& each : packages.most_needed(10)) found << ' ' << each.name << ' ' << each.count;
    return found.str();
}

std::string work_of(const std::string& name, const std::string& path) {
    using pmr = std::pmr::polymorphic_allocator<char>;
    if (name == plain) {
        const std::allocator<char> one;
        return work<std::allocator>(one, one, one, path);
    }
    if (name == subsystems) {
        autopmr::install_default().value_or_throw();
        return work<std::pmr::polymorphic_allocator>(pmr(&autopmr::subsystem("packages.text")), pmr(&autopmr::subsystem("packages.index")),
                                                     pmr(&autopmr::subsystem("packages.graph")), path);
    }
    const autopmr::backend* found = name == standard ? nullptr : autopmr::find_backend(name);
    if (name != standard && found == nullptr) throw unknown_case("no case and no backend is called \"" + name + "\"");
    if (found != nullptr && !found->why_not().empty()) throw unknown_case(name + " can't serve: " + std::string(found->why_not()));
    const pmr one(found == nullptr ? std::pmr::new_delete_resource() : &found->resource());
    return work<std::pmr::polymorphic_allocator>(one, one, one, path);
}

/// Starts this program again for one case and reads what it prints.
run_result run_apart(const std::string& name, const std::string& path) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error(std::string("no pipe: ") + std::strerror(errno));
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error(std::string("can't fork: ") + std::strerror(errno));
    if (child == 0) {
        ::dup2(ends[1], STDOUT_FILENO);
        ::close(ends[0]);
        ::close(ends[1]);
        ::execl("/proc/self/exe", "package_index", "--case", name.c_str(), "--file", path.c_str(), static_cast<char*>(nullptr));
        ::_exit(127);
    }
    ::close(ends[1]);
    std::string            said;
    std::array<char, 4096> piece;
    for (ssize_t n; (n = ::read(ends[0], piece.data(), piece.size())) > 0;) said.append(piece.data(), static_cast<std::size_t>(n));
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) throw std::runtime_error("case " + name + " died of signal " + std::to_string(WTERMSIG(status)));
    run_result         result;
    std::istringstream words(said);
    if (WEXITSTATUS(status) != 0 || !(words >> result.milliseconds >> result.peak_mebibytes) || !std::getline(words, result.found))
        throw std::runtime_error("case " + name + " failed; what it said is above");
    return result;
}

/// Median and the middle half of some measurements.
struct summary {
    double median = 0, low = 0, high = 0;
    explicit summary(std::vector<double> values) {
        std::sort(values.begin(), values.end());
        const auto at = [&](double part) {
            const double      place = part * static_cast<double>(values.size() - 1);
            const std::size_t below = static_cast<std::size_t>(place);
            const double      rest = place - static_cast<double>(below);
            return below + 1 == values.size() ? values[below] : values[below] * (1 - rest) + values[below + 1] * rest;
        };
        median = at(0.5), low = at(0.25), high = at(0.75);
    }
};

/// One more than the cases that are surely better: whose interval lies wholly below. Where intervals overlap, nobody is ahead.
std::size_t place_of(const summary& one, const std::vector<summary>& all) {
    return 1 + static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const summary& other) { return other.high < one.low; }));
}

std::string row(const std::string& name, const summary& time, const summary& peak, const std::string& places) {
    std::array<char, 200> line;
    std::snprintf(line.data(), line.size(), "%-22s %9.1f  %8.1f ..%8.1f %9.1f  %7.1f ..%7.1f  %s\n", name.c_str(), time.median, time.low,
                  time.high, peak.median, peak.low, peak.high, places.c_str());
    return line.data();
}

}  // namespace

int run_case(const std::string& name, const std::string& path) {
    const double      start = cpu_milliseconds();
    const std::string found = work_of(name, path);
    std::printf("%.3f %.3f %s\n", cpu_milliseconds() - start, peak_mebibytes(), found.c_str());
    return std::fflush(stdout) == 0 ? 0 : 1;
}

std::vector<work_case> all_cases() {
    std::vector<work_case> cases{{plain, ""}, {standard, ""}, {subsystems, ""}};
    for (const autopmr::backend& each : autopmr::backends()) cases.push_back({std::string(each.name), std::string(each.why_not())});
    return cases;
}

std::string side_by_side(const std::vector<work_case>& cases, const std::string& path, int rounds) {
    std::vector<const work_case*> run;
    for (const work_case& each : cases)
        if (each.why_not.empty()) run.push_back(&each);
    std::vector<std::vector<double>> times(run.size()), peaks(run.size());
    std::string                      found;
    for (int round = 0; round != rounds; ++round)
        for (std::size_t turn = 0; turn != run.size(); ++turn) {
            const std::size_t which = (turn + static_cast<std::size_t>(round)) % run.size();  // nobody is always first
            const run_result  result = run_apart(run[which]->name, path);
            if (found.empty()) found = result.found;
            if (result.found != found) throw std::runtime_error("case " + run[which]->name + " found something else: " + result.found);
            times[which].push_back(result.milliseconds);
            peaks[which].push_back(result.peak_mebibytes);
        }
    std::vector<summary> time, peak;
    for (std::size_t i = 0; i != run.size(); ++i) time.emplace_back(times[i]), peak.emplace_back(peaks[i]);

    constexpr int enough = 3;  // fewer rounds have no spread to speak of
    std::string   table = "                            CPU time in ms                 peak memory in MiB\n"
                          "case                      median     middle half          median     middle half     place by time, by memory\n";
    for (std::size_t i = 0; i != run.size(); ++i)
        table += row(run[i]->name, time[i], peak[i],
                     rounds < enough ? "not ranked" : std::to_string(place_of(time[i], time)) + ", " + std::to_string(place_of(peak[i], peak)));
    for (const work_case& each : cases)
        if (!each.why_not.empty()) table += each.name + ": not run, " + each.why_not + "\n";
    table += rounds < enough ? "Fewer than three rounds: no ranking.\n"
                             : "A place is one more than the cases that are surely better: whose middle half of the runs lies wholly below.\n";
    return table;
}

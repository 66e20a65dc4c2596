// The conformance suite on this library: `conformance BACKEND` takes that backend under every stack, `conformance suspicious`
// every stack on an upstream that checks all it sees. Exits with 77 and the reason where a backend can't serve here.
#include "stacks.hpp"

#include <autopmr/backends/fixed_heap.hpp>
#include <autopmr/selector.hpp>

#include "support/sanitized.hpp"

#include <algorithm>
#include <cstdio>
#include <string_view>

using namespace autopmr::testing;

// Sanitizers end the program at a size that can't be; what is tested here is that the caller hears of it.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }
// All locks that are held around a fork are more than TSan's deadlock detector can count, which then ends the program.
extern "C" const char* __tsan_default_options();
extern "C" const char* __tsan_default_options() { return "allocator_may_return_null=1 die_after_fork=0 detect_deadlocks=0"; }

namespace {

constexpr int skipped = 77;

/// Those that the distribution compiled.
constexpr std::string_view not_instrumented[] = {"mimalloc", "jemalloc", "tcmalloc", "tbb", "scudo"};

/// Prints what it finds; true when nothing is broken.
bool run(const conformance_subject& subject) {
    std::size_t kept = 0;
    std::string rest;
    bool        sound = true;
    for (const promise_result& result : check_conformance(subject)) {
        if (result.what == outcome::kept) {
            ++kept;
            continue;
        }
        sound = sound && result.what != outcome::broken;
        rest += std::string("    ") + (result.what == outcome::broken ? "BROKEN" : "not promised") + ": " + result.promise + ": " +
                result.text + "\n";
    }
    std::printf("%s: %zu promises kept\n%s", subject.name.c_str(), kept, rest.c_str());
    return sound;
}

std::vector<conformance_subject> suspicious_subjects() {
    std::vector<conformance_subject> all;
    for (const stack& each : stacks()) {
        if (each.name.empty()) continue;
        conformance_subject subject = subject_of(each, each.name + " on a suspicious upstream");
        subject.has_upstream = true;
        all.push_back(subject);
    }
    return all;
}

/// The region of the backend fixed_heap, which has none where there is an operating system.
alignas(64) char region[std::size_t{64} << 20];

}  // namespace

int main(int argc, char** argv) {
    const std::string_view           name = argc == 2 ? argv[1] : "";
    std::vector<conformance_subject> subjects;
    if (name == "fixed_heap" && !autopmr::set_fixed_heap(region, sizeof region).ok()) return 1;
    if (name == "suspicious") {
        subjects = suspicious_subjects();
    } else if (name == "sources") {
        subjects = autopmr::testing::sources();
    } else {
        const autopmr::backend* one = autopmr::find_backend(name);
        if (one == nullptr) {
            std::fprintf(stderr, "conformance: no backend \"%.*s\" in the table; name one, or \"suspicious\", or \"sources\"\n",
                         static_cast<int>(name.size()), name.data());
            return 1;
        }
        if (const std::string reason(one->why_not()); !reason.empty()) {
            std::printf("skipped: %s can't serve here: %s\n", argv[1], reason.c_str());
            return skipped;
        }
        if (under_tsan && std::find(std::begin(not_instrumented), std::end(not_instrumented), name) != std::end(not_instrumented)) {
            std::printf("skipped: %s is not compiled for ThreadSanitizer, which would take its own work for races\n", argv[1]);
            return skipped;
        }
        subjects = subjects_of(*one);
    }
    bool sound = true;
    for (const conformance_subject& subject : subjects) sound = run(subject) && sound;
    return sound ? 0 : 1;
}

#include "conformance.hpp"

#include "checks.hpp"
#include "support/sanitized.hpp"

#include <exception>

namespace autopmr::testing {
namespace {

struct promise {
    const char* words;
    check       keeps;
    /// Why a subject does not promise this; empty when it does.
    std::string (*excuse)(const conformance_subject&);
};

std::string no_excuse(const conformance_subject&) { return {}; }
std::string one_thread(const conformance_subject& s) { return s.any_thread ? "" : "it is for one thread"; }
std::string no_upstream(const conformance_subject& s) { return s.has_upstream ? "" : "it has no upstream"; }
std::string undefined_alignment(const conformance_subject& s) {
    return s.reports_bad_alignment ? "" : "a bad alignment is undefined behaviour for it";
}
std::string no_busy_fork(const conformance_subject& s) {
    if (!malloc_survives_fork) return "the sanitizer's malloc does not survive such a fork";
    return s.any_thread ? s.no_busy_fork : "it is for one thread";
}

constexpr promise promises[] = {
    {"allocate(0) is unique and not null", zero_is_unique, no_excuse},
    {"impossible sizes are refused", impossible_sizes_are_refused, no_excuse},
    {"every alignment up to 64 KiB is kept", every_alignment_is_kept, no_excuse},
    {"bad alignments are refused", bad_alignments_are_refused, undefined_alignment},
    {"live blocks do not overlap", blocks_do_not_overlap, no_excuse},
    {"equality is identity", equality_is_identity, no_excuse},
    {"any failure of the upstream is survived", upstream_failures_are_survived, no_upstream},
    {"another thread may free", other_threads_may_free, one_thread},
    {"threads may share it", threads_may_share, one_thread},
    {"a thread that ends may use it", ending_threads_may_use, one_thread},
    {"a forked child may use it", forked_child_may_use, no_excuse},
    {"a child forked while others allocate may use it", child_of_busy_process_may_use, no_busy_fork},
};

promise_result ask(const promise& p, const conformance_subject& subject) {
    if (std::string excuse = p.excuse(subject); !excuse.empty()) return {p.words, outcome::not_promised, excuse};
    try {
        std::string broken = p.keeps(subject);
        return {p.words, broken.empty() ? outcome::kept : outcome::broken, broken};
    } catch (const std::exception& error) {
        return {p.words, outcome::broken, std::string("threw where it should not: ") + error.what()};
    }
}

}  // namespace

std::vector<promise_result> check_conformance(const conformance_subject& subject) {
    std::vector<promise_result> results;
    for (const promise& p : promises) results.push_back(ask(p, subject));
    return results;
}

std::string bench::close() {
    resource_.reset();
    if (std::string complaint = upstream_.complaint(); !complaint.empty()) return "upstream: " + complaint;
    if (const std::size_t left = upstream_.live_blocks(); left != 0) {
        return "upstream: " + std::to_string(left) + " blocks never came back";
    }
    return {};
}

}  // namespace autopmr::testing

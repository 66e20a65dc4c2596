#include "child.hpp"
#include "conformance_checks.hpp"

#include <autopmr/host.hpp>

#include <exception>

namespace autopmr::testing {
namespace {

struct promise {
    std::string_view words;
    check            keeps;
    /// Why a subject does not promise this; empty when it does.
    std::string (*excuse)(const conformance_subject&);
};

std::string no_excuse(const conformance_subject&) { return {}; }
std::string one_thread(const conformance_subject& s) { return s.any_thread ? "" : "it is for one thread"; }
std::string no_upstream(const conformance_subject& s) { return s.has_upstream ? "" : "it has no upstream"; }
std::string undefined_alignment(const conformance_subject& s) {
    return s.reports_bad_alignment ? "" : "a bad alignment is undefined behaviour for it";
}
std::string ends_with_its_blocks(const conformance_subject& s) {
    if (!s.has_upstream) return no_upstream(s);
    return s.releases_all ? "" : "it may be destroyed only when every block came back";
}
std::string many_threads(const conformance_subject& s) {
    if (!s.has_upstream) return no_upstream(s);
    return s.many_threads ? "" : "its subject says nothing of many_threads";
}
std::string no_fork(const conformance_subject&) { return why_no_child(); }
std::string no_busy_fork(const conformance_subject& s) {
    if (std::string none = why_no_child(); !none.empty()) return none;
    if (!s.any_thread) return one_thread(s);
    if (!s.no_busy_fork.empty()) return s.no_busy_fork;
    // The malloc of both takes no care of fork: a child forked while another thread is inside malloc waits for ever.
    const sanitizer watching = probe_host().watching.value;
    if (watching != sanitizer::address && watching != sanitizer::thread) return {};
    return "the sanitizer's malloc does not survive such a fork";
}

constexpr promise promises[] = {
    {"allocate(0) is unique and not null", zero_is_unique, no_excuse},
    {"impossible sizes are refused", impossible_sizes_are_refused, no_excuse},
    {"every alignment up to 64 KiB is kept", every_alignment_is_kept, no_excuse},
    {"bad alignments are refused", bad_alignments_are_refused, undefined_alignment},
    {"live blocks do not overlap", blocks_do_not_overlap, no_excuse},
    {"equality is identity", equality_is_identity, no_excuse},
    {"any failure of the upstream is survived", upstream_failures_are_survived, no_upstream},
    {"a random history agrees with a model", random_history_agrees_with_model, no_excuse},
    {"all goes back at the end, though blocks are live", live_blocks_go_back_at_the_end, ends_with_its_blocks},
    {"another thread may free", other_threads_may_free, one_thread},
    {"threads may share it", threads_may_share, one_thread},
    {"a thread that ends may use it", ending_threads_may_use, one_thread},
    {"thread after thread costs nothing", thread_after_thread_costs_nothing, many_threads},
    {"a forked child may use it", forked_child_may_use, no_fork},
    {"a child forked while others allocate may use it", child_of_busy_process_may_use, no_busy_fork},
};

promise_result ask(const promise& p, const conformance_subject& subject) {
    const std::string words(p.words);
    if (std::string excuse = p.excuse(subject); !excuse.empty()) return {words, outcome::not_promised, excuse};
    try {
        std::string broken = p.keeps(subject);
        return {words, broken.empty() ? outcome::kept : outcome::broken, broken};
    } catch (const std::exception& error) {
        return {words, outcome::broken, std::string("threw where it should not: ") + error.what()};
    } catch (...) {
        return {words, outcome::broken, "threw where it should not, and no std::exception"};
    }
}

}  // namespace

std::vector<promise_result> check_conformance(const conformance_subject& subject) {
    std::vector<promise_result> results;
    for (const promise& p : promises) results.push_back(ask(p, subject));
    return results;
}

std::vector<std::string_view> conformance_promises() {
    std::vector<std::string_view> all;
    for (const promise& p : promises) all.push_back(p.words);
    return all;
}

promise_result check_promise(const conformance_subject& subject, std::string_view words) {
    for (const promise& p : promises) {
        if (p.words == words) return ask(p, subject);
    }
    return {std::string(words), outcome::broken, "there is no such promise"};
}

std::string shape(std::size_t bytes, std::size_t alignment) {
    return std::to_string(bytes) + " bytes aligned to " + std::to_string(alignment);
}

std::string bench::close() {
    resource_.reset();
    if (const auto complaint = upstream_.complaint(); !complaint.empty()) return "upstream: " + std::string(complaint.view());
    if (const long long left = upstream_.blocks_in_use(); left != 0) {
        return "upstream: " + std::to_string(left) + " blocks never came back";
    }
    return {};
}

}  // namespace autopmr::testing

#pragma once
/// \file
/// The promises of the conformance suite, each a function that says what broke.

#include <autopmr/testing/conformance.hpp>
#include <autopmr/testing/test_resource.hpp>

#include <memory>
#include <memory_resource>
#include <string>

namespace autopmr::testing {

/// A fresh resource on a fresh upstream that is quiet and remembers what was wrong.
class bench {
public:
    explicit bench(const conformance_subject& subject) {
        upstream_.set_quiet(true);
        upstream_.set_one_thread(!subject.any_thread);
        resource_ = subject.make(&upstream_);
    }

    [[nodiscard]] std::pmr::memory_resource& resource() const { return *resource_; }
    [[nodiscard]] test_resource&             upstream() { return upstream_; }
    /// Ends the resource; what the upstream has to say to all that happened, blocks that never came back included.
    [[nodiscard]] std::string close();

private:
    test_resource                              upstream_{"upstream"};
    std::shared_ptr<std::pmr::memory_resource> resource_;
};

/// "24 bytes aligned to 8"
std::string shape(std::size_t bytes, std::size_t alignment);

/// Each returns what broke, or nothing.
using check = std::string (*)(const conformance_subject&);

std::string zero_is_unique(const conformance_subject& subject);
std::string impossible_sizes_are_refused(const conformance_subject& subject);
std::string every_alignment_is_kept(const conformance_subject& subject);
std::string bad_alignments_are_refused(const conformance_subject& subject);
std::string blocks_do_not_overlap(const conformance_subject& subject);
std::string equality_is_identity(const conformance_subject& subject);
std::string upstream_failures_are_survived(const conformance_subject& subject);
std::string random_history_agrees_with_model(const conformance_subject& subject);
std::string live_blocks_go_back_at_the_end(const conformance_subject& subject);
std::string other_threads_may_free(const conformance_subject& subject);
std::string threads_may_share(const conformance_subject& subject);
std::string ending_threads_may_use(const conformance_subject& subject);
std::string thread_after_thread_costs_nothing(const conformance_subject& subject);
std::string forked_child_may_use(const conformance_subject& subject);
std::string child_of_busy_process_may_use(const conformance_subject& subject);

}  // namespace autopmr::testing

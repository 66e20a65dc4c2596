// What can be seen from one thread.
#include "conformance_checks.hpp"
#include "workload.hpp"

#include <autopmr/errors.hpp>
#include <autopmr/testing/model.hpp>

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <new>
#include <utility>
#include <vector>

namespace autopmr::testing {
namespace {

using sizes = std::initializer_list<std::size_t>;

constexpr std::size_t most_alignment = 64 * 1024;

/// One refused request: says what happened instead of Error, or nothing.
template <class Error>
std::string refused(std::pmr::memory_resource& by, std::size_t bytes, std::size_t alignment) {
    try {
        void* p = take(by, bytes, alignment);
        by.deallocate(p, bytes, alignment);
        return shape(bytes, alignment) + " was served";
    } catch (const Error&) {
        return {};
    }  // any other exception breaks the promise, and the suite says which it was
}

/// After refusals: does it still serve?
std::string still_serves(std::pmr::memory_resource& resource) {
    const patterned_block block = take_patterned(resource, 100, 8, 1);
    const bool            intact = block.intact();
    give_back(resource, block);
    return intact ? "" : "does not serve after a refusal";
}

}  // namespace

std::string zero_is_unique(const conformance_subject& subject) {
    bench                        on(subject);
    std::vector<patterned_block> live;
    std::string                  broken;
    for (int round = 0; round != 4; ++round) {
        for (std::size_t alignment : sizes{1, 2, 8, 16, 64, 4096}) live.push_back({take(on.resource(), 0, alignment), 0, alignment});
        live.push_back(take_patterned(on.resource(), 1, 1, 7));
    }
    for (std::size_t i = 0; i != live.size(); ++i) {
        if (live[i].p == nullptr) return "null for " + shape(live[i].bytes, live[i].alignment);
        for (std::size_t j = 0; j != i; ++j) {
            if (live[i].p == live[j].p) broken = "one pointer twice for " + shape(live[i].bytes, live[i].alignment);
        }
    }
    for (const patterned_block& block : live) give_back(on.resource(), block);
    return broken.empty() ? on.close() : broken;
}

std::string impossible_sizes_are_refused(const conformance_subject& subject) {
    constexpr std::size_t all = std::numeric_limits<std::size_t>::max(), half = all / 2;
    bench                 on(subject);
    for (std::size_t alignment = 1; alignment <= most_alignment; alignment *= 2) {
        for (std::size_t bytes : {half, half + 1, half + 2, all - 2 * most_alignment, all - most_alignment, all - 4096, all - 64,
                                  all - alignment, all - alignment + 1, all - 15, all - 7, all - 1, all}) {
            if (std::string broken = refused<std::bad_alloc>(on.resource(), bytes, alignment); !broken.empty()) return broken;
        }
    }
    if (std::string broken = still_serves(on.resource()); !broken.empty()) return broken;
    return on.close();
}

std::string every_alignment_is_kept(const conformance_subject& subject) {
    bench                        on(subject);
    std::vector<patterned_block> live;
    std::string                  broken;
    for (std::size_t alignment = 1; alignment <= most_alignment; alignment *= 2) {
        for (std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{3}, std::size_t{7}, std::size_t{33}, std::size_t{1001},
                                  alignment - 1, alignment, alignment + 1, 2 * alignment, 3 * alignment}) {
            live.push_back(take_patterned(on.resource(), bytes, alignment, static_cast<unsigned char>(live.size())));
            if (reinterpret_cast<std::uintptr_t>(live.back().p) % alignment != 0) broken = "under-aligned: " + shape(bytes, alignment);
        }
    }
    for (const patterned_block& block : live) {
        if (!block.intact()) broken = "another block was written over " + shape(block.bytes, block.alignment);
        give_back(on.resource(), block);
    }
    return broken.empty() ? on.close() : broken;
}

std::string bad_alignments_are_refused(const conformance_subject& subject) {
    bench on(subject);
    for (std::size_t alignment : sizes{0, 3, 5, 12, 24, 48, 65, 96, 1000}) {
        for (std::size_t bytes : sizes{0, 1, 64, 100000}) {
            if (std::string broken = refused<bad_alignment>(on.resource(), bytes, alignment); !broken.empty()) return broken;
        }
    }
    if (std::string broken = still_serves(on.resource()); !broken.empty()) return broken;
    return on.close();
}

std::string blocks_do_not_overlap(const conformance_subject& subject) {
    bench                        on(subject);
    dice                         roll(1);
    std::vector<patterned_block> live;
    std::string                  broken;
    for (unsigned step = 0; step != 6000; ++step) {
        if (live.size() < 500 && roll.below(3) != 0) {
            live.push_back(take_patterned(on.resource(), roll.size(), roll.alignment(), static_cast<unsigned char>(step)));
        } else if (!live.empty()) {
            std::swap(live[roll.below(live.size())], live.back());
            if (!live.back().intact()) broken = "another block was written over " + shape(live.back().bytes, live.back().alignment);
            give_back(on.resource(), live.back());
            live.pop_back();
        }
    }
    for (const patterned_block& block : live) {
        if (!block.intact()) broken = "another block was written over " + shape(block.bytes, block.alignment);
        give_back(on.resource(), block);
    }
    return broken.empty() ? on.close() : broken;
}

std::string equality_is_identity(const conformance_subject& subject) {
    test_resource upstream;
    upstream.set_quiet(true);
    const auto    one = subject.make(&upstream), other = subject.make(&upstream);
    if (!one->is_equal(*one)) return "it does not equal itself";
    if (one->is_equal(upstream)) return "it equals its upstream";
    if (one != other && (one->is_equal(*other) || other->is_equal(*one))) return "two of its kind are equal";
    return {};
}

namespace {

/// Works on the resource while its upstream fails.
std::string work_through_failures(const conformance_subject& subject, bench& on) {
    std::pmr::memory_resource&   resource = on.resource();
    dice                         roll(2);
    std::vector<patterned_block> live;
    std::string                  broken;
    for (unsigned step = 0; step != 60; ++step) {
        if (roll.below(3) != 0 || live.empty()) {
            const std::string before = subject.books ? subject.books(resource) : "";
            const std::size_t bytes = roll.size(), alignment = roll.alignment();
            try {
                live.push_back(take_patterned(resource, bytes, alignment, static_cast<unsigned char>(step)));
            } catch (const std::bad_alloc&) {
                const std::string after = subject.books ? subject.books(resource) : "";
                if (before != after) broken = "a refused request changed the books from " + before + " to " + after;
            }
        } else {
            if (!live.back().intact()) broken = "a block was written over";
            give_back(resource, live.back());
            live.pop_back();
        }
    }
    for (const patterned_block& block : live) {
        if (!block.intact()) broken = "a block was written over";
        give_back(resource, block);
    }
    on.upstream().set_allocation_limit(-1);
    return broken.empty() ? still_serves(resource) : broken;
}

}  // namespace

std::string upstream_failures_are_survived(const conformance_subject& subject) {
    using after_limit = test_resource::after_limit;
    for (after_limit then : {after_limit::serve, after_limit::refuse}) {
        for (long long n = 0;; ++n) {
            bench on(subject);
            on.upstream().set_allocation_limit(n, then);
            std::string broken = work_through_failures(subject, on);
            if (std::string complaint = on.close(); broken.empty()) broken = complaint;
            if (!broken.empty()) return "with the upstream failing at call " + std::to_string(n + 1) + ": " + broken;
            if (on.upstream().refusals() == 0) break;
        }
    }
    return {};
}

std::string random_history_agrees_with_model(const conformance_subject& subject) {
    for (unsigned seed = 1; seed <= 3; ++seed) {
        if (std::string broken = check_against_model(subject, seed); !broken.empty()) return broken;
    }
    return {};
}

std::string live_blocks_go_back_at_the_end(const conformance_subject& subject) {
    bench on(subject);
    dice  roll(8);
    for (unsigned step = 0; step != 300; ++step) {
        const patterned_block block = take_patterned(on.resource(), roll.size(), roll.alignment(), static_cast<unsigned char>(step));
        if (roll.below(3) == 0) give_back(on.resource(), block);
    }
    return on.close();
}

}  // namespace autopmr::testing

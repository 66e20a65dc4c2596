#pragma once
/// \file
/// Plays a long random history against a resource and compares each step with a simple model of what must be true.
///
/// The model is a map of the live blocks. After each step: no block is null, under-aligned or on top of another, all of them
/// hold what was written, a request that can't be met was refused, and the resource's own count of bytes, where it has one, is
/// the model's. Sizes from nothing to some pages, alignments up to 64 KiB; at most 96 blocks, of about 5 MiB in all. The same
/// seed is the same history on every machine. Use it beside the conformance suite, which plays it three times, when a resource
/// is young: with many seeds. Not for a resource that can't hold so much. One thread. An exception of the resource's is told,
/// not thrown on.
///
/// Returns what broke, or nothing. The text names the seed, the number of steps (the same history with fewer does not
/// break) and the last of them, so that check_against_model(..., seed, steps) shows it again.

#include <autopmr/testing/conformance.hpp>

#include <cstddef>
#include <memory_resource>
#include <string>

namespace autopmr::testing {

[[nodiscard]] std::string check_against_model(
    std::pmr::memory_resource& resource, unsigned long long seed, std::size_t steps = 2000);

/// The same on a fresh resource. Where the subject has an upstream, that now and then refuses, and has its say at each step.
[[nodiscard]] std::string check_against_model(
    const conformance_subject& subject, unsigned long long seed, std::size_t steps = 2000);

}  // namespace autopmr::testing

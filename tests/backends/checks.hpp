#pragma once
/// What the tests of single backends share. The promises that all keep are tested by the conformance suite.

#include <autopmr/backend.hpp>

#include "support/catch.hpp"

#include <cstring>
#include <string>
#include <vector>

/// Uses a backend for a while; its figures must show it where it has any.
inline void check_books(const autopmr::backend& b) {
    REQUIRE(b.usage != nullptr);
    constexpr std::size_t block = 40'000, count = 500;
    const auto            before = b.usage();
    std::vector<void*>    blocks(count);
    for (void*& p : blocks) std::memset(p = b.allocate(block, 8), 1, block);
    const auto held = b.usage();
    for (void* p : blocks) b.deallocate(p, block, 8);
    if (b.trim != nullptr) b.trim();
    const auto after = b.usage();
    CAPTURE(b.name, before.in_use, held.in_use, after.in_use, before.committed, held.committed, after.committed);
    REQUIRE((held.in_use_known || held.committed_known));
    if (held.in_use_known) {
        CHECK(held.in_use >= before.in_use + block * count);
        CHECK(after.in_use < before.in_use + block * count / 2);
    }
    if (held.committed_known) CHECK(held.committed >= block * count);
}

/// Skipping is said aloud: a test that can't run here names the reason.
inline bool absent(const autopmr::backend& b) {
    if (b.why_not().empty()) return false;
    WARN("not tested here: " + std::string(b.name) + ": " + std::string(b.why_not()));
    return true;
}

inline bool starts_with_digit(std::string_view text) { return !text.empty() && text[0] >= '0' && text[0] <= '9'; }

#include "support/catch.hpp"

#include <autopmr/errors.hpp>
#include <autopmr/guard_pool.hpp>

#include "support/child.hpp"
#include "support/faults.hpp"
#include "support/sanitized.hpp"
#include "support/used_pool.hpp"

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

using namespace autopmr;
using autopmr_test::counted_faults;
using autopmr_test::explained;
using autopmr_test::guarded_with;
using autopmr_test::in_child;
using autopmr_test::used_pool;

namespace {

std::size_t mappings_now() {
    std::ifstream maps("/proc/self/maps");
    std::size_t   lines = 0;
    for (std::string line; std::getline(maps, line);) ++lines;
    return lines;
}

}  // namespace

TEST_CASE("An address is explained by the block it belongs to") {
    used_pool   used(guarded_with(GENERATE(true, false)));
    char* const block = used.get(100, 4);  // ends at its guard page
    auto        found = explained(block + 100);
    CHECK((found.kind == fault_kind::overrun && found.block == block && found.past_end == 1 && found.before_start == 0));
    CHECK((found.expected_bytes == 100 && found.expected_alignment == 4 && found.state == block_state::live));
    CHECK((found.allocated.sequence == 1 && found.allocated.thread != 0 && found.allocated.depth == 1));
    CHECK(explained(block + 100 + 4095).past_end == 4096);
    CHECK(explained(block + 5000).kind == fault_kind::overrun);  // in a slot that nobody had, beside a live one
    CHECK(explained(block - 5).before_start == 5);
    CHECK(explained(block + 50).kind == fault_kind::unknown);
    CHECK(explained(block - 6000).kind == fault_kind::underrun);
    char* const next = used.get(4096, 4);
    CHECK(explained(next - 1).block == next);  // nearer to this one
    CHECK(explained(next - 4000).block == block);
    used.put(next, 4096, 4);
    CHECK(explained(next - 1).block == block);  // live before freed
    found = explained(next + 7);
    CHECK((found.kind == fault_kind::use_after_free && found.frees_ago == 1 && found.deallocated.sequence == 3));
    used.put(block, 100, 4);
    CHECK(explained(next + 7).frees_ago == 2);
    CHECK(explained(next + (std::size_t{1} << 30)).kind == fault_kind::wild_access);
    char* const nothing = used.get(0);
    found = explained(nothing);
    CHECK((found.kind == fault_kind::overrun && found.past_end == 1 && found.expected_bytes == 0));
    fault_report unused;
    int          elsewhere = 0;
    CHECK(fault_sources::explain(&elsewhere, unused) == nullptr);
}

TEST_CASE("What was opened may be touched, and is never handed out again") {
    guard_pool_options options = guarded_with(GENERATE(true, false));
    options.quarantine = 0;
    used_pool      used(options);
    counted_faults counted;
    char* const    block = used.get(4096);
    fault_report   found;
    CHECK(fault_sources::explain(block + 4096, found)->open(block + 4096));
    block[4096] = 1;  // in the guard page
    used.put(block, 4096);
    CHECK(fault_sources::explain(block, found)->open(block));
    block[4095] = 1;
    std::set<void*> seen;
    for (int i = 0; i != 2000; ++i) seen.insert(used.get(4096));
    CHECK(seen.count(block) == 0);
    CHECK(counted.count == 0);
    for (void* one : seen) used.put(one, 4096);
}

TEST_CASE("Freed places come back after as many frees as the quarantine says, the oldest first") {
    guard_pool_options options = guarded_with(GENERATE(true, false));
    options.quarantine = 10;
    used_pool          used(options);
    std::vector<char*> order;
    for (int i = 0; i != 10; ++i) order.push_back(used.get(8, 8)), used.put(order.back(), 8, 8);
    CHECK(std::set<char*>(order.begin(), order.end()).size() == 10);
    CHECK(used.pool.usage().quarantined == 10);
    char* const eleventh = used.get(8, 8);
    CHECK(std::count(order.begin(), order.end(), eleventh) == 0);
    used.put(eleventh, 8, 8);
    CHECK(used.get(8, 8) == order[0]);
    CHECK(used.pool.recycle(8, 8));
    CHECK(used.get(8, 8) == order[1]);
    CHECK(!used.pool.recycle(100000, 8));  // it asked all of them
    CHECK(used.pool.usage().quarantined == 0);
}

TEST_CASE("Mappings stay few with markers, and within the budget without") {
    if (under_tsan) return;  // its own mappings come with ours
    const bool         markers = GENERATE(true, false);
    guard_pool_options options = guarded_with(markers);
    if (!markers) options.vma_budget = 1000;
    used_pool          used(options);
    const std::size_t  before = mappings_now();
    std::vector<char*> blocks;
    while (blocks.size() != 100000) {
        char* const block = used.get(64, 8);
        if (block == nullptr) break;
        *block = 1;
        blocks.push_back(block);
    }
    const std::size_t caused = mappings_now() - before;
    CHECK(caused <= used.pool.usage().mappings);
    if (used.pool.usage().guard_markers) {
        CHECK(blocks.size() == 100000);
        CHECK(caused <= 64);
    } else {
        CHECK((blocks.size() > 400 && blocks.size() < 500));
        used.put(blocks.back(), 64, 8);  // a freed one costs none
        blocks.back() = used.get(64, 8);
        CHECK(blocks.back() != nullptr);
    }
    for (char* block : blocks) used.put(block, 64, 8);
}

TEST_CASE("A block faults after a million frees of others") {
    guard_pool_options options = guarded_with(true);
    options.frames = 0;
    const auto end = in_child([&] {
        used_pool   used(options);
        char* const first = used.get(64, 8);
        used.put(first, 64, 8);
        const int frees = under_tsan ? 20000 : 999999;
        for (int i = 0; i != frees; ++i) used.put(used.get(64, 8), 64, 8);
        fault_report found;
        if (fault_sources::explain(first, found) == nullptr || found.frees_ago != static_cast<std::uint64_t>(frees) + 1) return 1;
        std::signal(SIGSEGV, [](int) { ::_exit(86); });
        *static_cast<volatile char*>(first) = 1;
        return 2;
    }, 250);
    CHECK(end.exit_status == 86);
}

TEST_CASE("A small address space gets a small pool, and an end of it is said") {
    if (under_asan || under_tsan) return;  // their shadow does not fit
    const auto end = in_child([] {
        const rlimit limit{std::size_t{600} << 20, std::size_t{600} << 20};
        if (::setrlimit(RLIMIT_AS, &limit) != 0) return 1;
        used_pool   used(guarded_with(true));
        std::size_t got = 0;
        while (char* block = used.get(1000)) *block = 1, ++got;
        if (got < 200) return 2;
        if (used.get(std::size_t{1} << 30) != nullptr) return 3;
        const rlimit nothing{0, 0};
        if (::setrlimit(RLIMIT_AS, &nothing) != 0) return 4;
        try {
            guard_pool none;
        } catch (const out_of_memory&) { return 0; }
        return 5;
    });
    CHECK(end.exit_status == 0);
    CHECK(end.error == "");
}

TEST_CASE("Too many owners are refused, and their numbers come again") {
    guard_pool               pool(guarded_with(true));
    std::vector<guard_owner> owners(65534);
    std::set<std::uint32_t>  numbers;
    for (guard_owner& one : owners) {
        REQUIRE(pool.enlist(one));
        numbers.insert(one.number);
    }
    CHECK(numbers.size() == owners.size());
    guard_owner more;
    CHECK(!pool.enlist(more));
    pool.dismiss(owners[77]);
    CHECK(pool.enlist(more));
    pool.dismiss(more);
    for (guard_owner& one : owners) pool.dismiss(one);
}

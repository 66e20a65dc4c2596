#include <autopmr/decorators/tracking_resource.hpp>

#include <autopmr/fault_report.hpp>

#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/strict_upstream.hpp"

#include <csignal>
#include <cstddef>
#include <memory_resource>
#include <string>
#include <vector>

using namespace autopmr;
using autopmr_test::child_end;
using autopmr_test::in_child;
using autopmr_test::strict_upstream;

namespace {

std::vector<fault_report> seen;

/// Collects reports and answers quarantine, for a while.
class collecting {
public:
    collecting() noexcept
        : before_(set_fault_handler([](const fault_report& report) noexcept {
              seen.push_back(report);
              return fault_answer::quarantine;
          })) {
        seen.clear();
    }
    ~collecting() { set_fault_handler(before_); }
    collecting(const collecting&) = delete;
    collecting& operator=(const collecting&) = delete;

private:
    fault_handler before_;
};

tracking_options quiet(leak_answer at_end = leak_answer::ignore) {
    tracking_options options;
    options.at_end = at_end;
    return options;
}

void check(const fault_report& one, fault_kind kind, const void* at, std::size_t expected, std::size_t expected_alignment,
    std::size_t given, std::size_t given_alignment) {
    INFO(to_string(one.kind));
    CHECK(one.kind == kind);
    CHECK(one.address == at);
    CHECK(std::string(one.resource) == "tracking");
    CHECK(one.expected_bytes == expected);
    CHECK(one.expected_alignment == expected_alignment);
    CHECK(one.given_bytes == given);
    CHECK(one.given_alignment == given_alignment);
}

}  // namespace

TEST_CASE("every live block is known as it was handed out") {
    strict_upstream   upstream;
    tracking_resource tracking({}, &upstream);
    CHECK(tracking.name() == "tracking");
    CHECK(tracking.upstream_resource() == &upstream);
    void* const a = tracking.allocate(100, 8);
    void* const b = tracking.allocate(0, 1);
    void* const c = tracking.allocate(3000, 4096);
    CHECK(tracking.live_blocks() == 3);
    CHECK(tracking.live_bytes() == 3100);
    CHECK(tracking.allocations() == 3);
    tracking.deallocate(b, 0, 1);
    std::vector<tracked_block> blocks;
    tracking.for_each_live([&](const tracked_block& one) { blocks.push_back(one); });
    REQUIRE(blocks.size() == 2);
    CHECK(blocks[0].address == a);
    CHECK(blocks[0].bytes == 100);
    CHECK(blocks[0].alignment == 8);
    CHECK(blocks[0].sequence == 1);
    CHECK(blocks[1].address == c);
    CHECK(blocks[1].bytes == 3000);
    CHECK(blocks[1].alignment == 4096);
    CHECK(blocks[1].sequence == 3);
    CHECK(blocks[0].thread != 0);
    CHECK(blocks[0].thread == blocks[1].thread);
    CHECK(blocks[0].depth > 1);
    CHECK(blocks[0].frames[0] != blocks[1].frames[0]);
    tracking.deallocate(a, 100, 8);
    tracking.deallocate(c, 3000, 4096);
    CHECK(tracking.live_blocks() == 0);
    CHECK(tracking.live_bytes() == 0);
    CHECK(tracking.report() == "tracking: 0 bytes live in 0 blocks\n");
    CHECK(upstream.live() == 0);
    CHECK_FALSE(upstream.wrong);
}

TEST_CASE("without call stacks the caller alone is known") {
    tracking_options options = quiet();
    options.call_stacks = false;
    tracking_resource tracking(options, std::pmr::new_delete_resource());
    void* const       a = tracking.allocate(1);
    tracking.for_each_live([](const tracked_block& one) { CHECK(one.depth == 1); });
    tracking.deallocate(a, 1);
}

TEST_CASE("who walks may allocate and deallocate") {
    tracking_resource  tracking({}, std::pmr::new_delete_resource());
    std::vector<void*> held;
    for (int i = 0; i != 50; ++i) held.push_back(tracking.allocate(16));
    std::size_t walked = 0;
    tracking.for_each_live([&](const tracked_block& one) {
        ++walked;
        tracking.deallocate(const_cast<void*>(one.address), 16);
        held.push_back(tracking.allocate(32));
    });
    CHECK(walked == 50);
    CHECK(tracking.live_bytes() == 50 * 32);
    for (std::size_t i = 50; i != 100; ++i) tracking.deallocate(held[i], 32);
}

TEST_CASE("wrong sizes and alignments are found, and the upstream keeps out of it") {
    const collecting  now;
    strict_upstream   upstream;
    tracking_resource tracking({}, &upstream);
    void* const       a = tracking.allocate(100, 8);
    void* const       b = tracking.allocate(64, 64);
    void* const       c = tracking.allocate(10, 2);
    tracking.deallocate(a, 99, 8);
    tracking.deallocate(b, 64, 32);
    tracking.deallocate(c, 11, 1);
    REQUIRE(seen.size() == 3);
    check(seen[0], fault_kind::wrong_size, a, 100, 8, 99, 8);
    check(seen[1], fault_kind::wrong_alignment, b, 64, 64, 64, 32);
    check(seen[2], fault_kind::wrong_size, c, 10, 2, 11, 1);
    CHECK(upstream.deallocations == 0);
    CHECK(tracking.live_blocks() == 0);  // nobody's any more
    CHECK(tracking.live_bytes() == 0);
    tracking.deallocate(a, 100, 8);
    REQUIRE(seen.size() == 4);
    check(seen[3], fault_kind::double_free, a, 100, 8, 100, 8);
    CHECK(upstream.deallocations == 0);
}

TEST_CASE("a double free is told from a foreign pointer") {
    const collecting  now;
    strict_upstream   upstream;
    tracking_resource tracking({}, &upstream);
    void* const       a = tracking.allocate(24, 8);
    tracking.deallocate(a, 24, 8);
    CHECK(seen.empty());
    int of_another = 0;
    tracking.deallocate(&of_another, 4, 4);
    tracking.deallocate(a, 16, 4);
    void* const b = tracking.allocate(24, 8);
    tracking.deallocate(static_cast<char*>(b) + 8, 16, 8);  // into the middle
    tracking.deallocate(b, 24, 8);
    REQUIRE(seen.size() == 3);
    check(seen[0], fault_kind::foreign_pointer, &of_another, 0, 0, 4, 4);
    check(seen[1], fault_kind::double_free, a, 24, 8, 16, 4);
    check(seen[2], fault_kind::foreign_pointer, static_cast<char*>(b) + 8, 0, 0, 16, 8);
    CHECK(upstream.deallocations == 2);
    CHECK_FALSE(upstream.wrong);
}

TEST_CASE("what was freed is remembered for a while, and then it is foreign") {
    const collecting   now;
    std::byte          place[64];
    strict_upstream    upstream;
    tracking_resource  tracking(quiet(), &upstream);
    std::vector<void*> held;
    for (int i = 0; i != 20000; ++i) held.push_back(tracking.allocate(16));
    for (void* one : held) tracking.deallocate(one, 16);
    tracking.deallocate(held.back(), 16);
    tracking.deallocate(held.front(), 16);
    tracking.deallocate(place, 16);
    REQUIRE(seen.size() == 3);
    CHECK(seen[0].kind == fault_kind::double_free);
    CHECK(seen[1].kind == fault_kind::foreign_pointer);
    CHECK(seen[2].kind == fault_kind::foreign_pointer);
    CHECK(upstream.live() == 0);
    CHECK_FALSE(upstream.wrong);
}

TEST_CASE("by default misuse ends the program, with what was expected and given") {
    const child_end end = in_child([] {
        tracking_resource tracking({}, std::pmr::new_delete_resource());
        tracking.deallocate(tracking.allocate(128, 16), 64, 16);
        return 0;
    });
    CHECK(end.signal == SIGABRT);
    INFO(end.error);
    CHECK(end.error.find("autopmr: wrong size at 0x") == 0);
    CHECK(end.error.find(
              "found by tracking; allocated with 128 bytes aligned to 16; deallocated with 64 bytes aligned to 16") !=
          std::string::npos);
}

TEST_CASE("an upstream that takes all back by itself may hand out an address again") {
    std::byte                           buffer[256];
    tracking_resource                   tracking(quiet(), std::pmr::null_memory_resource());
    std::pmr::monotonic_buffer_resource arena(buffer, sizeof buffer, std::pmr::null_memory_resource());
    tracking_resource                   over(quiet(), &arena);
    void* const                         first = over.allocate(32);
    arena.release();
    void* const again = over.allocate(64);
    REQUIRE(first == again);
    CHECK(over.live_blocks() == 1);
    CHECK(over.live_bytes() == 64);
    over.deallocate(again, 64);
    CHECK_THROWS_AS(static_cast<void>(tracking.allocate(1)), std::bad_alloc);
}

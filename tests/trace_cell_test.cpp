#include <autopmr/trace_cell.hpp>

#include "support/catch.hpp"

#include <cstdint>

using autopmr::trace_cell;
using autopmr::trace_op;

namespace {

void* at(std::uint64_t address) { return reinterpret_cast<void*>(static_cast<std::uintptr_t>(address)); }

constexpr std::uint64_t mark = 5u << trace_cell::subsystem_at | 1;

}  // namespace

TEST_CASE("a zeroed cell and one at its end take nothing") {
    trace_cell    cell{};
    std::uint64_t words[2] = {};
    CHECK_FALSE(cell.put(trace_op::allocate, at(64), 8, 8, mark));
    cell.next = words;
    CHECK_FALSE(cell.put(trace_op::allocate, at(64), 8, 8, mark));  // closed
    cell.end = words + 1;
    CHECK(cell.put(trace_op::allocate, at(64), 8, 8, mark));
    CHECK_FALSE(cell.put(trace_op::allocate, at(64), 8, 8, mark));
    CHECK(cell.next == words + 1);
    CHECK(words[1] == 0);
}

TEST_CASE("an event is where the format says") {
    trace_cell    cell{};
    std::uint64_t words[2] = {};
    cell.next = words;
    cell.end = words + 2;
    cell.base = 0x10000;
    REQUIRE(cell.put(trace_op::deallocate, at(0x10000 + 8 * 0x3fffffffull), 0xffff, 31, mark));
    CHECK(words[0] == (0x3fffffffull << 34 | 5ull << 23 | 0xffffull << 7 | 31u << 2 | 1u << 1 | 1u));
    REQUIRE(cell.put(trace_op::allocate, at(0x10000), 0, 1, mark));
    CHECK(words[1] == (5ull << 23 | 1u << 2 | 1u));
}

TEST_CASE("an address before the window, past it, or between is for the slow path") {
    trace_cell    cell{};
    std::uint64_t words[1] = {};
    cell.next = words;
    cell.end = words + 1;
    cell.base = 0x10000;
    constexpr std::uint64_t outside[] = {0x10000 - 8, 0x10000 + 8 * 0x40000000ull, 0x10001, 0x10004, 0};
    for (std::uint64_t address : outside) CHECK_FALSE(cell.put(trace_op::allocate, at(address), 8, 8, mark));
    CHECK(cell.next == words);
}

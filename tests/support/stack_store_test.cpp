#include "support/catch.hpp"

#include "src/support/stack_store.hpp"

#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

using autopmr::stack_store;

namespace {

struct store {
    std::vector<std::uint64_t> pages = std::vector<std::uint64_t>(stack_store::bytes / 8);
    stack_store                stacks{pages.data()};
};

const void* frame(std::uintptr_t number) { return reinterpret_cast<const void*>(number); }

}  // namespace

TEST_CASE("A stack is kept once and comes back as it was") {
    store             one;
    const void* const frames[] = {frame(1), frame(2), frame(3)};
    const auto        number = one.stacks.put(frames, 3);
    CHECK(number != 0);
    CHECK(one.stacks.put(frames, 3) == number);
    CHECK(one.stacks.put(frames, 2) != number);
    CHECK(one.stacks.put(frames, 0) == 0);
    const void* out[4] = {};
    REQUIRE(one.stacks.get(number, out, 4) == 3);
    CHECK((out[0] == frame(1) && out[1] == frame(2) && out[2] == frame(3)));
    CHECK(one.stacks.get(number, out, 2) == 2);
    CHECK(one.stacks.get(0, out, 4) == 0);
    CHECK(one.stacks.get(0xFFFFFFFF, out, 4) == 0);
}

TEST_CASE("A full store keeps what it has and takes no more") {
    store         one;
    std::uint32_t first = 0, kept = 0;
    for (std::uintptr_t i = 1; i != 1000000; ++i) {
        const void* const frames[] = {frame(i), frame(i + 1)};
        const auto        number = one.stacks.put(frames, 2);
        if (i == 1) first = number;
        if (number == 0) break;
        ++kept;
    }
    CHECK((kept > 200000 && kept < 1000000));
    const void* const frames[] = {frame(1), frame(2)};
    CHECK(one.stacks.put(frames, 2) == first);
}

TEST_CASE("Threads that put the same stacks get the same numbers") {
    store                                   one;
    std::vector<std::vector<std::uint32_t>> numbers(4);
    std::vector<std::thread>                threads;
    for (auto& mine : numbers)
        threads.emplace_back([&] {
            for (std::uintptr_t i = 1; i != 2000; ++i) {
                const void* const frames[] = {frame(i), frame(7 * i)};
                mine.push_back(one.stacks.put(frames, 2));
            }
        });
    for (std::thread& each : threads) each.join();
    for (const auto& mine : numbers) CHECK(mine == numbers[0]);
}

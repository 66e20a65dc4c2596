#include "support/catch.hpp"

#include <autopmr/guard_pool.hpp>

#include "support/faults.hpp"
#include "support/used_pool.hpp"

#include <cstdint>
#include <cstring>
#include <random>
#include <utility>
#include <vector>

using namespace autopmr;
using autopmr_test::counted_faults;
using autopmr_test::guarded_with;
using autopmr_test::used_pool;

TEST_CASE("Any order of operations leaves the books as a model has them") {
    const unsigned     seed = GENERATE(1u, 2u, 3u, 4u, 5u, 6u);
    guard_pool_options options = guarded_with(seed % 2 == 0);
    options.quarantine = seed * 7;
    options.placement = static_cast<guard_placement>(seed % 3);
    used_pool used(options);
    struct block {
        char*       at;
        std::size_t bytes, alignment;
    };
    std::vector<block> live, freed;
    std::mt19937       random(seed);
    counted_faults     counted;
    int                expected = 0;
    std::size_t        bytes = 0;
    for (int i = 0; i != 6000; ++i) {
        const auto pick = [&](std::vector<block>& from) {
            std::swap(from[random() % from.size()], from.back());
            const block one = from.back();
            from.pop_back();
            return one;
        };
        switch (random() % 8) {
        case 0: case 1: case 2: {
            const block one{nullptr, random() % (random() % 8 == 0 ? 100000 : 200), std::size_t{1} << random() % 17};
            char* const at = used.get(one.bytes, one.alignment);
            REQUIRE((at != nullptr && reinterpret_cast<std::uintptr_t>(at) % one.alignment == 0));
            std::memset(at, static_cast<int>(i), one.bytes);
            live.push_back({at, one.bytes, one.alignment});
            bytes += one.bytes;
            break;
        }
        case 3: case 4: {
            if (live.empty()) break;
            const block one = pick(live);
            used.put(one.at, one.bytes, one.alignment);
            bytes -= one.bytes;
            freed.push_back(one);
            break;
        }
        case 5: {
            if (live.empty()) break;
            const block& one = live[random() % live.size()];
            const auto   known = used.pool.find(one.at);
            REQUIRE((known.address == one.at && known.bytes == one.bytes && known.alignment == one.alignment));
            REQUIRE(known.state == block_state::live);
            if (one.bytes > 1) {
                used.put(one.at + 1 + random() % (one.bytes - 1), 1);
                REQUIRE(counted_faults::last.kind == fault_kind::interior_pointer);
                ++expected;
            }
            break;
        }
        case 6: {
            if (freed.empty()) break;
            const block one = freed.back();  // the latest is surely in quarantine still
            if (random() % 2 == 0) break;
            used.put(one.at, one.bytes, one.alignment);
            REQUIRE(counted_faults::last.kind == fault_kind::double_free);
            ++expected;
            break;
        }
        case 7: {
            if (live.empty() || random() % 8 != 0) break;
            const block one = pick(live);
            used.put(one.at, one.bytes + 1, one.alignment);
            REQUIRE(counted_faults::last.kind == fault_kind::wrong_size);
            bytes -= one.bytes;
            ++expected;
            break;
        }
        }
        REQUIRE(counted.count == expected);
        REQUIRE(used.pool.usage().live == live.size());
        REQUIRE(used.pool.usage().live_bytes == bytes);
    }
    CHECK(used.pool.verify() == 0);
    for (const block& one : live) used.put(one.at, one.bytes, one.alignment);
    CHECK(counted.count == expected);
}

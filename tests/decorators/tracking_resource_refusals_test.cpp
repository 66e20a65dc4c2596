// Requests that are not met: by the upstream, or because the books themselves find no room.
#include <autopmr/decorators/tracking_resource.hpp>

#include <autopmr/errors.hpp>

#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/sanitized.hpp"
#include "support/strict_upstream.hpp"

#include <sys/resource.h>

#include <cstddef>
#include <memory_resource>
#include <string>
#include <vector>

using namespace autopmr;
using autopmr_test::child_end;
using autopmr_test::in_child;
using autopmr_test::strict_upstream;

namespace {

/// Gives from a room of its own, which needs no memory from anybody.
class shelf final : public std::pmr::memory_resource {
public:
    char        room[100000];
    std::size_t given = 0, taken = 0;

private:
    void* do_allocate(std::size_t, std::size_t) override { return room + given++; }
    void  do_deallocate(void*, std::size_t, std::size_t) override { ++taken; }
    bool  do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
};

[[gnu::noinline]] void* take_one(std::pmr::memory_resource& from) {
    void* const block = from.allocate(1, 1);
    asm volatile("" : : "g"(block) : "memory");  // no tail call: this function is the site
    return block;
}

}  // namespace

TEST_CASE("an upstream that refuses, at every call in turn, leaves the books as they were") {
    for (const bool call_stacks : {true, false}) {
        for (std::size_t refused = 1; refused <= 8; ++refused) {
            tracking_options options;
            options.call_stacks = call_stacks;
            strict_upstream   upstream;
            tracking_resource tracking(options, &upstream);
            upstream.refuse_at = refused;
            std::vector<void*> held;
            for (std::size_t i = 1; i <= 8; ++i) {
                const std::size_t   live = tracking.live_bytes();
                const std::uint64_t before = tracking.allocations();
                try {
                    held.push_back(tracking.allocate(10 * i));
                    CHECK(i != refused);
                } catch (const std::bad_alloc&) {
                    CHECK(i == refused);
                    CHECK(tracking.live_bytes() == live);
                    CHECK(tracking.allocations() == before);
                }
            }
            CHECK(tracking.live_blocks() == 7);
            CHECK(tracking.live_bytes() == 360 - 10 * refused);
            for (std::size_t i = 1, at = 0; i <= 8; ++i)
                if (i != refused) tracking.deallocate(held[at++], 10 * i);
            CHECK(tracking.live_blocks() == 0);
            CHECK(upstream.live() == 0);
            CHECK_FALSE(upstream.wrong);
        }
    }
}

TEST_CASE("an alignment that is none is refused before anybody is asked") {
    strict_upstream   upstream;
    tracking_resource tracking({}, &upstream);
    for (std::size_t alignment : {0, 3, 12})
        CHECK_THROWS_AS(static_cast<void>(tracking.allocate(8, alignment)), bad_alignment);
    CHECK(upstream.allocations == 0);
}

TEST_CASE("books without pages refuse, and a block is never handed out untracked") {
    if (under_asan || under_tsan) {
        WARN("not tested: a sanitizer needs more address space than is left here");
        return;
    }
    const child_end end = in_child([] {
        shelf            upstream;
        tracking_options options;
        options.call_stacks = false;
        tracking_resource  tracking(options, &upstream);
        std::vector<void*> held(sizeof upstream.room);  // all that will ever be, before memory is out
        std::size_t        count = 0;
        ::rlimit           none{};
        ::getrlimit(RLIMIT_AS, &none);
        none.rlim_cur = 1;  // what is mapped stays; more there is not
        held[count++] = take_one(tracking);
        ::setrlimit(RLIMIT_AS, &none);
        const auto refuses = [&](tracking_resource& by) {
            const std::size_t asked = upstream.given;
            try {
                held[count] = take_one(by);
                ++count;
                return 0;
            } catch (const out_of_memory& refusal) {  // and the upstream was not asked
                return std::string(refusal.resource()) == "tracking" && refusal.bytes() == 1 && upstream.given == asked ? 1
                                                                                                                        : 2;
            }
        };
        int refused = 0;
        while (refused == 0) refused = refuses(tracking);
        if (refused != 1) return 2;
        if (tracking.live_blocks() != count || upstream.given != count) return 3;
        tracking_resource without(options, &upstream);  // not even for the books themselves
        if (refuses(without) != 1 || without.live_blocks() != 0 || !without.report().empty()) return 4;
        try {
            tracking.for_each_live([](const tracked_block&) {});
            return 5;
        } catch (const out_of_memory&) {
        }
        if (tracking.report() != "tracking: " + std::to_string(count) + " bytes live in " + std::to_string(count) +
                                     " blocks; no memory is left to say by whom\n")
            return 6;
        for (std::size_t i = 0; i != count; ++i) tracking.deallocate(held[i], 1, 1);
        if (upstream.taken != count || tracking.live_blocks() != 0) return 7;
        return refuses(tracking) == 0 ? 0 : 8;  // records are there again
    });
    INFO(end.error);
    CHECK(end.signal == 0);
    CHECK(end.exit_status == 0);
}

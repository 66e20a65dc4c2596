// What an arena refuses, what it reports, and a random life of one against a simple model.
#include <autopmr/pools/arena_resource.hpp>

#include <autopmr/decorators/limit.hpp>
#include <autopmr/errors.hpp>
#include <autopmr/fault_report.hpp>

#include "src/support/announce.hpp"
#include "support/catch.hpp"
#include "support/faults.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <memory_resource>
#include <new>
#include <random>
#include <vector>

using namespace autopmr;
using autopmr_test::counted_faults;

namespace {

/// Refuses the n-th request.
class failing_upstream final : public std::pmr::memory_resource {
public:
    std::size_t until_failure = 0, live = 0;

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        if (until_failure != 0 && --until_failure == 0) throw std::bad_alloc();
        ++live;
        return std::pmr::new_delete_resource()->allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        --live;
        std::pmr::new_delete_resource()->deallocate(block, bytes, alignment);
    }
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
};

bool same(const arena_usage& a, const arena_usage& b) {
    return a.used == b.used && a.reserved == b.reserved && a.chunks == b.chunks;
}

}  // namespace

TEST_CASE("a bad request is refused and changes nothing") {
    arena_resource             arena;
    std::pmr::memory_resource& base = arena;
    // What the compiler can't know, it can't take for granted.
    volatile std::size_t bytes, alignment;
    for (bool empty : {true, false}) {
        if (!empty) static_cast<void>(arena.allocate(100, 8));
        const arena_usage before = arena.now();
        for (std::size_t bad : {0, 3, 6, 12, 17, 24, 4095})
            for (std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{64}, SIZE_MAX}) {
                bytes = size;
                alignment = bad;
                CHECK_THROWS_AS(arena.allocate(bytes, alignment), bad_alignment);
                CHECK_THROWS_AS(base.allocate(bytes, alignment), bad_alignment);
            }
        // An address is less than this; with alignment 0 the sum would come round to a small number.
        for (std::size_t size = std::size_t{1} << 40; size != 0; size <<= 1) {
            bytes = size;
            alignment = 0;
            CHECK_THROWS_AS(arena.allocate(bytes, alignment), bad_alignment);
        }
        for (std::size_t at : {1, 2, 8, 16, 32, 4096})
            for (std::size_t size : {SIZE_MAX, SIZE_MAX - 15, SIZE_MAX - 64, SIZE_MAX / 2, SIZE_MAX / 2 + 1, SIZE_MAX / 2 + 17}) {
                bytes = size;
                alignment = at;
                CHECK_THROWS_AS(arena.allocate(bytes, alignment), std::bad_alloc);
                CHECK_THROWS_AS(base.allocate(bytes, alignment), std::bad_alloc);
            }
        bytes = 1;
        alignment = ~(SIZE_MAX >> 1);
        CHECK_THROWS_AS(arena.allocate(bytes, alignment), out_of_memory);
        CHECK(same(arena.now(), before));
    }
}

TEST_CASE("a mark of elsewhere is reported and nothing is rolled back") {
    const counted_faults faults;
    arena_resource       arena, other;
    static_cast<void>(other.allocate(100));
    static_cast<void>(arena.allocate(100));
    const arena_usage before = arena.now();
    arena.rollback(other.mark());
    CHECK(counted_faults::count == 1);
    CHECK(counted_faults::last.kind == fault_kind::foreign_pointer);
    arena.rollback({});
    CHECK(counted_faults::count == 2);
    CHECK(same(arena.now(), before));
    CHECK(std::string_view(counted_faults::last.resource) == "arena");
}

TEST_CASE("a mark that was rolled past is reported") {
    const counted_faults faults;
    for (std::size_t bytes : {10000, 3000000}) {  // in another chunk, in one of its own
        counted_faults::count = 0;
        arena_resource arena;
        static_cast<void>(arena.allocate(100));
        const auto outer = arena.mark();
        static_cast<void>(arena.allocate(bytes));
        const auto inner = arena.mark();
        static_cast<void>(arena.allocate(bytes));
        arena.rollback(inner);
        arena.rollback(outer);
        CHECK(counted_faults::count == 0);
        const arena_usage before = arena.now();
        arena.rollback(inner);
        CHECK(counted_faults::count == 1);
        CHECK(counted_faults::last.kind == fault_kind::double_free);
        arena.trim();  // where the mark pointed is gone
        arena.rollback(inner);
        CHECK(counted_faults::count == 2);
        CHECK(arena.now().used == before.used);
        for (const std::function<void()>& end : {std::function<void()>([&] { arena.reset(); }), {[&] { arena.release(); }}}) {
            const auto old = arena.mark();
            end();
            static_cast<void>(arena.allocate(bytes));
            static_cast<void>(arena.allocate(bytes));
            const int counted = counted_faults::count;
            arena.rollback(old);
            CHECK(counted_faults::count == counted + 1);
        }
    }
}

TEST_CASE("a mark stays good when a block from before it comes back") {
    const counted_faults faults;
    arena_resource       arena;
    static_cast<void>(arena.allocate(100, 8));
    void* const old = arena.allocate(104, 8);
    const auto  mark = arena.mark();
    arena.deallocate(old, 104, 8);
    arena.rollback(mark);
    CHECK(arena.now().used < 200);
    static_cast<void>(arena.allocate(1000, 8));
    static_cast<void>(arena.allocate(3000000, 8));
    arena.rollback(mark);
    CHECK(arena.now().used < 300);
    void* const again = arena.allocate(104, 8);
    const auto  late = arena.mark();
    arena.deallocate(again, 104, 8);
    static_cast<void>(arena.allocate(100000, 8));  // in another chunk
    arena.rollback(late);
    CHECK(arena.now().used < 400);
    CHECK(counted_faults::count == 0);
}

TEST_CASE("a last block that is longer than its chunk is reported") {
    if (announce::watched()) SUCCEED("who watches tells");
    else {
        const counted_faults faults;
        arena_resource       arena;
        char* const          block = static_cast<char*>(arena.allocate(64));
        const std::size_t    used = arena.now().used;
        arena.deallocate(block - 1000, 1064);
        CHECK(counted_faults::count == 1);
        CHECK(counted_faults::last.kind == fault_kind::wrong_size);
        CHECK(counted_faults::last.given_bytes == 1064);
        CHECK(arena.now().used == used);
    }
}

TEST_CASE("an upstream that fails at any call changes nothing") {
    for (std::size_t n = 1; n != 12; ++n) {
        failing_upstream upstream;
        {
            arena_resource arena(arena_options{256, 4096}, &upstream);
            upstream.until_failure = n;
            std::mt19937 roll(1);
            int          refused = 0;
            for (int i = 0; i != 300; ++i) {
                const arena_usage before = arena.now();
                const std::size_t bytes = roll() % 20 == 0 ? roll() % 20000 : roll() % 200;
                try {
                    std::memset(arena.allocate(bytes, 8), 1, bytes);
                } catch (const std::bad_alloc&) {
                    ++refused;
                    CHECK(same(arena.now(), before));
                }
            }
            CHECK(refused == 1);
        }
        CHECK(upstream.live == 0);
    }
}

TEST_CASE("what its upstream knows is passed on") {
    auto           budget = std::make_shared<limit_resource>(10000);
    arena_resource arena(budget);
    CHECK(arena.upstream_resource() == budget.get());
    CHECK(arena.upstream_layer() == budget.get());
    CHECK(arena.name() == "arena");
    CHECK_THROWS_AS(arena.allocate(20000), limit_exceeded);
    static_cast<void>(arena.allocate(10));
    CHECK(budget->observer().now().live == arena.now().reserved);
    arena_resource other(budget);
    CHECK_FALSE(arena.is_equal(other));
    CHECK(arena.is_equal(arena));
}

TEST_CASE("a random life keeps every live block") {
    struct block {
        unsigned char* p;
        std::size_t    bytes, alignment;
        unsigned char  pattern;
    };
    struct frame {
        arena_resource::position mark;
        std::size_t              blocks;
    };
    for (unsigned seed = 0; seed != 20; ++seed) {
        INFO("seed " << seed);
        std::mt19937             roll(seed);
        alignas(64) static char  buffer[777];
        failing_upstream         upstream;
        arena_resource           arena(buffer, seed % 2 == 0 ? sizeof buffer : 0, arena_options{std::size_t{200} << seed % 5, 5000}, &upstream);
        std::vector<block>       live;
        std::vector<frame>       frames;
        const auto               intact = [](const block& b) { return std::count(b.p, b.p + b.bytes, b.pattern) == static_cast<long>(b.bytes); };
        const auto               all_intact = [&] { return std::all_of(live.begin(), live.end(), intact); };
        for (unsigned step = 0; step != 4000; ++step) {
            const auto what = roll() % 100;
            if (what < 60) {
                const std::size_t bytes = roll() % 40 == 0 ? roll() % 12000 : roll() % 150;
                const std::size_t alignment = std::size_t{1} << (roll() % 10 == 0 ? roll() % 12 : roll() % 5);
                block             b{static_cast<unsigned char*>(arena.allocate(bytes, alignment)), bytes, alignment, static_cast<unsigned char>(step)};
                if (reinterpret_cast<std::uintptr_t>(b.p) % alignment != 0) FAIL("under-aligned");
                std::memset(b.p, b.pattern, bytes);
                live.push_back(b);
            } else if (what < 75 && live.size() > (frames.empty() ? 0 : frames.back().blocks)) {
                std::size_t at = live.size() - 1;  // mostly the last, which is of the innermost frame
                if (const std::size_t first = frames.empty() ? 0 : frames.back().blocks; roll() % 3 == 0) at = first + roll() % (at - first + 1);
                if (!intact(live[at])) FAIL("written over");
                arena.deallocate(live[at].p, live[at].bytes, live[at].alignment);
                live.erase(live.begin() + static_cast<std::ptrdiff_t>(at));
            } else if (what < 90 && live.size() > (frames.empty() ? 0 : frames.back().blocks)) {
                block&            b = live.back();
                const std::size_t bytes = roll() % 400;
                const bool        done = arena.grow(b.p, b.bytes, bytes);
                if (bytes <= b.bytes && !done) FAIL("not made shorter");
                if (done) {
                    if (static_cast<std::size_t>(std::count(b.p, b.p + std::min(b.bytes, bytes), b.pattern)) != std::min(b.bytes, bytes))
                        FAIL("growing lost what was there");
                    b.bytes = bytes;
                    std::memset(b.p, b.pattern, bytes);
                }
            } else if (what < 94) {
                frames.push_back({arena.mark(), live.size()});
            } else if (what < 98 && !frames.empty()) {
                arena.rollback(frames.back().mark);
                live.resize(frames.back().blocks);
                frames.pop_back();
            } else if (what == 98) {
                arena.trim();
            } else if (roll() % 20 == 0) {
                if (roll() % 2 == 0) arena.reset();
                else arena.release();
                live.clear();
                frames.clear();
            }
            if (step % 50 == 0 && !all_intact()) FAIL("written over");
        }
        CHECK(all_intact());
        arena.release();
        CHECK(upstream.live == 0);
    }
}

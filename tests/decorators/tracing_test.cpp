#include <autopmr/autopmr.hpp>

#include "support/traces.hpp"

#include <atomic>
#include <latch>
#include <memory_resource>
#include <mutex>
#include <new>
#include <string>
#include <thread>
#include <vector>

using namespace autopmr;
using namespace autopmr_test;

TEST_CASE("every event is in the file, with what was asked for") {
    const trace_path path;
    void *           a, *b, *c, *d;
    {
        trace_file       file(path.text());
        tracing_resource traced(file, "one", std::pmr::new_delete_resource());
        a = traced.allocate(24, 8);
        b = traced.allocate(0, 1);
        c = traced.allocate(70000, 4096);
        d = traced.allocate(65535, 16);
        traced.deallocate(c, 70000, 4096);
        traced.deallocate(a, 24, 8);
        traced.deallocate(d, 65535, 16);
        traced.deallocate(b, 0, 1);
        CHECK(file.ok());
    }
    const trace_contents all = undamaged(path);
    REQUIRE(all.events.size() == 8);
    CHECK(all.subsystems == std::vector<std::string>{"one"});
    CHECK(all.closed);
    CHECK(all.written == 8);
    CHECK(all.dropped == 0);
    CHECK(all.process == static_cast<std::uint64_t>(::getpid()));
    CHECK(all.parent == 0);
    const struct {
        trace_op    op;
        void*       address;
        std::size_t bytes, alignment;
    } expected[] = {{trace_op::allocate, a, 24, 8}, {trace_op::allocate, b, 0, 1}, {trace_op::allocate, c, 70000, 4096},
        {trace_op::allocate, d, 65535, 16}, {trace_op::deallocate, c, 70000, 4096}, {trace_op::deallocate, a, 24, 8},
        {trace_op::deallocate, d, 65535, 16}, {trace_op::deallocate, b, 0, 1}};
    for (std::size_t i = 0; i != 8; ++i) {
        CAPTURE(i);
        CHECK(all.events[i].op == expected[i].op);
        CHECK(all.events[i].address == reinterpret_cast<std::uintptr_t>(expected[i].address));
        CHECK(all.events[i].bytes == expected[i].bytes);
        CHECK(all.events[i].alignment == expected[i].alignment);
        CHECK(all.events[i].time <= all.events[i].until);
        if (i != 0) CHECK(all.events[i - 1].time <= all.events[i].time);
        CHECK(all.events[i].thread == all.events[0].thread);
    }
}

TEST_CASE("a request that fails is in the file too, and its exception goes on") {
    const trace_path path;
    {
        trace_file       file(path.text());
        tracing_resource traced(file, "none", std::pmr::null_memory_resource());
        CHECK_THROWS_AS(traced.allocate(100, 32), std::bad_alloc);
        CHECK_THROWS_AS(traced.allocate(SIZE_MAX, 8), std::bad_alloc);
    }
    const trace_contents all = undamaged(path);
    REQUIRE(all.events.size() == 2);
    CHECK(all.events[0].op == trace_op::failed);
    CHECK(all.events[0].bytes == 100);
    CHECK(all.events[0].alignment == 32);
    CHECK(all.events[0].address == 0);
    CHECK(all.events[1].bytes == SIZE_MAX);
}

TEST_CASE("one file holds several resources, told apart, and a chain counts beside it") {
    const trace_path path;
    {
        trace_file                              file(path.text());
        tracing_resource                        first(file, "first", std::pmr::new_delete_resource());
        observed<chain<statistics, tracing>>    second(file, "second", &first);
        observed<tracing, observed<statistics>> third(file, "third", std::pmr::new_delete_resource());
        for (int i = 0; i != 1000; ++i) {
            void* p = second.allocate(64);
            void* q = third.allocate(32);
            second.deallocate(p, 64);
            third.deallocate(q, 32);
        }
        CHECK(second.observer().get<statistics>().now().count == 1000);
    }
    const trace_contents all = undamaged(path);
    CHECK(all.subsystems == std::vector<std::string>{"first", "second", "third"});
    std::size_t of[3] = {};
    for (const traced_event& event : all.events) ++of[event.subsystem];
    CHECK(of[0] == 2000);
    CHECK(of[1] == 2000);
    CHECK(of[2] == 2000);
    CHECK(totals_of(all.events).unmatched == 0);
    CHECK(std::filesystem::file_size(path.text()) <= 16 * all.events.size() + 1000);  // headers
}

TEST_CASE("threads that free one another's blocks are told exactly, and in an order that makes sense") {
    const trace_path         path;
    constexpr int            threads = 8, rounds = 20000, slots = 256;
    std::atomic<std::size_t> allocated{0}, bytes{0};
    {
        trace_file                         file(path.text());
        observed<tracing, system_resource> traced(file, "crowd");
        struct slot {
            std::mutex  lock;
            void*       block = nullptr;
            std::size_t bytes = 0;
        };
        std::vector<slot>        table(slots);
        std::vector<std::thread> crowd;
        for (unsigned t = 0; t != threads; ++t)
            crowd.emplace_back([&, t] {
                std::uint32_t seed = t + 1;
                const auto    next = [&] { return seed = seed * 1664525u + 1013904223u, seed >> 16; };
                for (int i = 0; i != rounds; ++i) {
                    const std::size_t size = next() % 500;
                    void*             block = traced.allocate(size, 8);
                    allocated.fetch_add(1, std::memory_order_relaxed);
                    bytes.fetch_add(size, std::memory_order_relaxed);
                    slot&       place = table[next() % slots];
                    void*       old;
                    std::size_t old_size;
                    {
                        const std::scoped_lock hold(place.lock);
                        old = std::exchange(place.block, block);
                        old_size = std::exchange(place.bytes, size);
                    }
                    if (old != nullptr) traced.deallocate(old, old_size, 8);
                }
            });
        for (std::thread& thread : crowd) thread.join();
        for (slot& place : table)
            if (place.block != nullptr) traced.deallocate(place.block, place.bytes, 8);
        CHECK(file.flush());
        CHECK(file.status().written == 2 * allocated);
        CHECK(file.status().bytes == std::filesystem::file_size(path.text()));
        CHECK(file.status().bytes <= 16 * file.status().written + file.status().written / 50);  // headers
    }
    const trace_contents all = undamaged(path);
    const trace_totals   sum = totals_of(all.events);
    CHECK(sum.allocations == allocated);
    CHECK(sum.deallocations == allocated);
    CHECK(sum.bytes == bytes);
    CHECK(sum.freed_bytes == bytes);
    CHECK(sum.live == 0);
    // In a tight loop the clock is not read for each event, and a thread that was put aside in between may leave a doubt.
    CHECK(sum.unmatched <= all.events.size() / 1000);
}

TEST_CASE("a thousand short threads lose nothing") {
    const trace_path path;
    {
        trace_file       file(path.text());
        tracing_resource traced(file, "short", std::pmr::new_delete_resource());
        for (int t = 0; t != 1000; ++t)
            std::thread([&] {
                void* p = traced.allocate(100);
                traced.deallocate(p, 100);
            }).join();
        CHECK(file.status().written == 2000);  // without a flush: the threads wrote
    }
    const trace_contents all = undamaged(path);
    CHECK(all.events.size() == 2000);
    CHECK(all.streams == 1000);
    CHECK(totals_of(all.events).unmatched == 0);
}

TEST_CASE("what a thread frees after its end has begun is in the file") {
    const trace_path path;
    {
        trace_file       file(path.text());
        tracing_resource traced(file, "late", std::pmr::new_delete_resource());
        struct frees_late {
            tracing_resource* from = nullptr;
            void*             block = nullptr;
            pthread_key_t     key{};
        };
        // Destructors of a key made later may run after the library's own: set again from within, it surely does.
        static frees_late late;
        late = {};
        ::pthread_key_create(&late.key, [](void* value) {
            static thread_local int round = 0;
            if (++round < 3) ::pthread_setspecific(late.key, value);
            else late.from->deallocate(late.block, 48);
        });
        std::thread([&] {
            late.from = &traced;
            late.block = traced.allocate(48);
            ::pthread_setspecific(late.key, &late);
        }).join();
        ::pthread_key_delete(late.key);
    }
    const trace_contents all = undamaged(path);
    REQUIRE(all.events.size() == 2);
    CHECK(all.events[1].op == trace_op::deallocate);
    CHECK(all.events[1].stream == 0);
    CHECK(all.events[1].thread == all.events[0].thread);
}

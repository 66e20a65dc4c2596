#include <autopmr/testing/test_resource.hpp>

#include <autopmr/decorators/statistics.hpp>

#include "support/catch.hpp"
#include "support/child.hpp"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory_resource>
#include <string>
#include <thread>
#include <vector>

using namespace autopmr::testing;
using autopmr_test::in_child;

namespace {

/// What a resource complains of after `misuse`, and how often.
struct verdict {
    std::string words;
    test_counts counts;
};

verdict after(const std::function<void(test_resource&)>& misuse) {
    test_resource resource;
    resource.set_quiet(true);
    misuse(resource);
    return {std::string(resource.complaint().view()), resource.counts()};
}

autopmr::fault_report seen;
int                   faults = 0;

autopmr::fault_answer quarantine(const autopmr::fault_report& report) noexcept {
    seen = report;
    ++faults;
    return autopmr::fault_answer::quarantine;
}

}  // namespace

TEST_CASE("blocks and bytes are counted: in use, at most, in all") {
    test_resource resource("counted");
    CHECK(resource.name() == "counted");
    void* first = resource.allocate(10, 2);
    void* second = resource.allocate(100, 64);
    CHECK(resource.last_allocated_address() == second);
    CHECK(resource.last_allocated_num_bytes() == 100);
    CHECK(resource.last_allocated_alignment() == 64);
    resource.deallocate(first, 10, 2);
    CHECK(resource.last_deallocated_address() == first);
    CHECK(resource.last_deallocated_num_bytes() == 10);
    void* third = resource.allocate(0, 1);
    CHECK(resource.blocks_in_use() == 2);
    CHECK(resource.bytes_in_use() == 100);
    CHECK(resource.max_blocks() == 2);
    CHECK(resource.max_bytes() == 110);
    CHECK(resource.total_blocks() == 3);
    CHECK(resource.total_bytes() == 110);
    CHECK(resource.status() == -1);
    resource.deallocate(second, 100, 64);
    resource.deallocate(third, 0, 1);
    CHECK(resource.allocations() == 3);
    CHECK(resource.deallocations() == 3);
    CHECK(resource.status() == 0);
    CHECK(resource.complaint().empty());
}

TEST_CASE("a block is aligned as asked and no better, and scribbled over on its way out and back") {
    test_resource resource;
    for (std::size_t alignment = 1; alignment <= 65536; alignment *= 2) {
        void* p = resource.allocate(3, alignment);
        CHECK(reinterpret_cast<std::uintptr_t>(p) % (2 * alignment) == alignment);
        CHECK(*static_cast<unsigned char*>(p) == 0xC7);
        resource.deallocate(p, 3, alignment);
    }
    std::byte                           buffer[1000];
    std::pmr::monotonic_buffer_resource below(buffer, sizeof buffer, std::pmr::null_memory_resource());
    test_resource                       on_buffer("on a buffer", &below);
    auto*                               p = static_cast<unsigned char*>(on_buffer.allocate(4, 4));
    std::memset(p, 1, 4);
    on_buffer.deallocate(p, 4, 4);
    CHECK(*p == 0xDD);  // the buffer is still there
}

TEST_CASE("at the allocation limit one request is refused, or all from then on") {
    test_resource resource;
    resource.set_allocation_limit(1);
    void* p = resource.allocate(1, 1);
    CHECK(resource.allocation_limit() == 0);
    try {
        static_cast<void>(resource.allocate(24, 8));
        FAIL("it was served");
    } catch (const test_resource_exception& refusal) {
        CHECK(refusal.originating_resource() == &resource);
        CHECK(refusal.size() == 24);
        CHECK(refusal.alignment() == 8);
        CHECK(std::string(refusal.resource()) == "test_resource");
    }
    resource.deallocate(resource.allocate(1, 1), 1, 1);
    resource.set_allocation_limit(0, test_resource::after_limit::refuse);
    for (int i = 0; i != 3; ++i) CHECK_THROWS_AS(resource.allocate(1, 1), std::bad_alloc);
    resource.set_allocation_limit(-1);
    resource.deallocate(resource.allocate(1, 1), 1, 1);
    resource.deallocate(p, 1, 1);
    CHECK(resource.refusals() == 4);
    CHECK(resource.allocations() == 7);
    CHECK(resource.total_blocks() == 3);
    CHECK(resource.status() == 0);
}

TEST_CASE("what can't be served leaves the books alone") {
    test_resource nothing("nothing below", std::pmr::null_memory_resource());
    CHECK_THROWS_AS(nothing.allocate(1, 1), std::bad_alloc);
    CHECK(nothing.blocks_in_use() == 0);
    CHECK(nothing.total_blocks() == 0);
    CHECK(nothing.max_bytes() == 0);
    test_resource resource;
    resource.set_allocation_limit(1);
    for (std::size_t alignment : {0, 3, 24}) CHECK_THROWS_AS(resource.allocate(1, alignment), autopmr::bad_alignment);
    for (std::size_t bytes : {SIZE_MAX, SIZE_MAX / 2, std::size_t{1} << 31})
        CHECK_THROWS_AS(resource.allocate(bytes, 8), autopmr::out_of_memory);
    CHECK_THROWS_AS(resource.allocate(1, SIZE_MAX / 2 + 1), autopmr::out_of_memory);
    CHECK(resource.allocation_limit() == 1);
    CHECK(resource.status() == 0);
}

TEST_CASE("misuse is found, counted and told") {
    const verdict size = after([](auto& r) { r.deallocate(r.allocate(10, 2), 11, 2); });
    CHECK(size.words == "deallocate with 11 bytes aligned to 2 of a block of 10 bytes aligned to 2");
    CHECK(size.counts.mismatches == 1);
    CHECK(size.counts.bad_deallocate_params == 1);
    CHECK(size.counts.blocks_in_use == 0);
    const verdict alignment = after([](auto& r) { r.deallocate(r.allocate(10, 2), 10, 4); });
    CHECK(alignment.counts.mismatches == 1);
    CHECK(alignment.counts.bad_deallocate_params == 1);
    int           local = 0;
    const verdict foreign = after([&](auto& r) { r.deallocate(&local, 4, 4); });
    CHECK(foreign.words == "deallocate of a block that is not live, with 4 bytes aligned to 4");
    CHECK(foreign.counts.mismatches == 1);
    CHECK(foreign.counts.bad_deallocate_params == 0);
    const verdict twice = after([](auto& r) {
        void* p = r.allocate(10, 2);
        r.deallocate(p, 10, 2);
        r.deallocate(p, 10, 2);
    });
    CHECK(twice.counts.mismatches == 1);
    CHECK(twice.counts.blocks_in_use == 0);
    const verdict over = after([](auto& r) {
        auto* p = static_cast<unsigned char*>(r.allocate(10, 2));
        p[10] = 1;
        r.deallocate(p, 10, 2);
    });
    CHECK(over.words == "a write past the end of a block of 10 bytes aligned to 2");
    CHECK(over.counts.bounds_errors == 1);
    const verdict under = after([](auto& r) {
        auto* p = static_cast<unsigned char*>(r.allocate(0, 16));
        p[-1] = 1;
        r.deallocate(p, 0, 16);
    });
    CHECK(under.words == "a write before a block of 0 bytes aligned to 16");
    CHECK(under.counts.bounds_errors == 1);
    CHECK(under.counts.errors() == 1);
}

TEST_CASE("a block that was misused is given to nobody again") {
    std::byte                              buffer[10000];
    std::pmr::monotonic_buffer_resource    arena(buffer, sizeof buffer);
    std::pmr::unsynchronized_pool_resource pool(&arena);
    test_resource                          resource("quiet", &pool);
    resource.set_quiet(true);
    void* p = resource.allocate(10, 2);
    resource.deallocate(p, 11, 2);
    for (int i = 0; i != 20; ++i) {
        void* next = resource.allocate(10, 2);
        CHECK(next != p);
        resource.deallocate(next, 10, 2);
    }
}

TEST_CASE("misuse is a fault report, whose handler decides") {
    const autopmr::fault_handler before = autopmr::set_fault_handler(quarantine);
    {
        test_resource resource("reporting");
        resource.deallocate(resource.allocate(10, 2), 11, 4);
        CHECK(seen.kind == autopmr::fault_kind::wrong_size);
        CHECK(std::string(seen.resource) == "reporting");
        CHECK(seen.expected_bytes == 10);
        CHECK(seen.expected_alignment == 2);
        CHECK(seen.given_bytes == 11);
        CHECK(seen.given_alignment == 4);
        void* p = resource.allocate(1, 1);
        resource.deallocate(p, 1, 1);
        resource.deallocate(p, 1, 1);
        CHECK(seen.kind == autopmr::fault_kind::double_free);
        static_cast<void>(resource.allocate(77, 8));
    }
    CHECK(seen.kind == autopmr::fault_kind::leak);
    CHECK(seen.expected_bytes == 77);
    CHECK(faults == 3);
    autopmr::set_fault_handler(before);
}

TEST_CASE("without a handler it ends the program; with no_abort it is a line; when quiet nothing") {
    const auto leaks = [](auto set) {
        return [set] {
            test_resource resource("leaky");
            set(resource);
            static_cast<void>(resource.allocate(24, 8));
            return 0;
        };
    };
    const auto aborted = in_child(leaks([](test_resource&) {}));
    CHECK(aborted.signal == SIGABRT);
    CHECK(aborted.error.find("found by leaky") != std::string::npos);
    const auto told = in_child(leaks([](test_resource& r) { r.set_no_abort(true); }));
    CHECK(told.exit_status == 0);
    CHECK(told.error == "leaky: 1 blocks never came back, the first of 24 bytes aligned to 8\n");
    const auto quiet = in_child(leaks([](test_resource& r) { r.set_quiet(true); }));
    CHECK(quiet.exit_status == 0);
    CHECK(quiet.error.empty());
}

TEST_CASE("what leaks goes back to the upstream in the end") {
    autopmr::statistics_resource below;
    {
        test_resource resource(&below);
        resource.set_quiet(true);
        static_cast<void>(resource.allocate(24, 8));
        resource.deallocate(resource.allocate(24, 8), 25, 8);
        CHECK(resource.upstream_layer() == &below);
        CHECK(below.observer().now().live > 48);
    }
    CHECK(below.observer().now().live == 0);
}

TEST_CASE("one that knows its thread complains of any other") {
    const verdict other = after([](auto& r) {
        r.set_one_thread(true);
        void* p = nullptr;
        std::thread([&] { p = r.allocate(8, 8); }).join();
        r.deallocate(p, 8, 8);
    });
    CHECK(other.words == "allocate on a thread that did not make this resource");
    CHECK(other.counts.thread_errors == 1);
}

TEST_CASE("many threads may use one, and its counts add up") {
    test_resource            resource;
    std::vector<std::thread> threads;
    for (int t = 0; t != 4; ++t) {
        threads.emplace_back([&] {
            for (std::size_t i = 0; i != 500; ++i) resource.deallocate(resource.allocate(i, 8), i, 8);
        });
    }
    for (std::thread& each : threads) each.join();
    CHECK(resource.total_blocks() == 2000);
    CHECK(resource.total_bytes() == 4 * 499 * 250);
    CHECK(resource.status() == 0);
}

TEST_CASE("it prints what it counted, and each call when verbose") {
    const auto printed = in_child([] {
        ::dup2(STDERR_FILENO, STDOUT_FILENO);
        test_resource resource("printed");
        resource.set_verbose(true);
        void* p = resource.allocate(24, 8);
        resource.set_verbose(false);
        resource.print();
        resource.deallocate(p, 24, 8);
        std::fflush(stdout);
        return 0;
    });
    CHECK(printed.error.find("printed: allocate 24 bytes aligned to 8: 0x") == 0);
    CHECK(printed.error.find("deallocate") == std::string::npos);
    CHECK(printed.error.find("in use") != std::string::npos);
    CHECK(printed.error.find("24 bytes aligned to 8\n") != std::string::npos);
}

#include <autopmr/backends/fixed_heap.hpp>
#include <autopmr/errors.hpp>
#include <autopmr/fault_report.hpp>
#include <autopmr/selector.hpp>
#include <autopmr/subsystem.hpp>

#include "backends/checks.hpp"

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

using namespace autopmr;

namespace {

alignas(64) char region[std::size_t{32} << 20];

/// The tests below begin without a region; this one may run alone, or last.
void have_region() {
    if (!fixed_heap_backend.why_not().empty()) REQUIRE(set_fixed_heap(region, sizeof region).ok());
}

bool in_region(const void* p) { return p >= region && p < region + sizeof region; }

}  // namespace

TEST_CASE("fixed_heap has no region until it is given one, says how, and takes one only") {
    CHECK(std::string(fixed_heap_backend.why_not()).find("autopmr::set_fixed_heap(") != std::string::npos);
    CHECK_THROWS_AS(fixed_heap_backend_resource().allocate(1), out_of_memory);
    CHECK_THROWS_AS(fixed_heap_backend.allocate(1, 4096), out_of_memory);
    CHECK_THROWS_AS(fixed_heap_backend.allocate(1, 3), bad_alignment);
    CHECK(fixed_heap_backend.usage().committed == 0);
    subsystem_options early;
    early.backend = "fixed_heap";
    CHECK_FALSE(configure("early", early).ok());

    CHECK(set_fixed_heap(nullptr, 100000).error() == "the region for fixed_heap is null");
    CHECK(std::string(set_fixed_heap(region, 255).error()).find("too small") != std::string::npos);
    CHECK(std::string(set_fixed_heap(region, SIZE_MAX).error()).find("no memory") != std::string::npos);
    CHECK_FALSE(fixed_heap_backend.why_not().empty());

    std::atomic<unsigned>    taken{0}, refused{0};
    std::vector<std::thread> all;
    for (unsigned i = 0; i != 4; ++i)
        all.emplace_back([&] { ++(set_fixed_heap(region, sizeof region).ok() ? taken : refused); });
    for (std::thread& each : all) each.join();
    CHECK(taken == 1);
    CHECK(refused == 3);
    CHECK(set_fixed_heap(region, sizeof region).error() ==
          "fixed_heap has its region already; call set_fixed_heap once, before its first use");

    CHECK(fixed_heap_backend.why_not().empty());
    CHECK(in_region(fixed_heap_backend.allocate(1, 1)));
    CHECK(configure("early", early).ok());
}

TEST_CASE("fixed_heap serves from its region, by every way to a backend") {
    have_region();
    for (std::size_t alignment = 1; alignment <= 65536; alignment *= 2) {
        for (std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{5}, std::size_t{1000}}) {
            void* p = fixed_heap_backend.allocate(bytes, alignment);
            CHECK(in_region(p));
            CHECK(reinterpret_cast<std::uintptr_t>(p) % alignment == 0);
            fixed_heap_backend.deallocate(p, bytes, alignment);
        }
    }
    fixed_heap_backend_resource typed;
    typed.deallocate(typed.allocate(10), 10);
    std::pmr::memory_resource& shared = fixed_heap_backend.resource();
    shared.deallocate(shared.allocate(10), 10);
    CHECK_THROWS_AS(shared.allocate(sizeof region), out_of_memory);

    subsystem_options on_it;
    on_it.backend = "fixed_heap";
    configure("firmware", on_it).value_or_throw();
    auto& part = subsystem("firmware");
    void* p = part.allocate(100);
    CHECK(in_region(p));
    part.deallocate(p, 100);

    request asked;
    asked.backend.append("fixed_heap");
    CHECK(choose(asked).chosen == &fixed_heap_backend);
}

TEST_CASE("fixed_heap knows what it has handed out") {
    have_region();
    check_books(fixed_heap_backend);
    CHECK(fixed_heap_backend.usage().committed <= sizeof region);
    CHECK(starts_with_digit(fixed_heap_backend.version()));
}

TEST_CASE("misuse of fixed_heap is reported, and it goes on") {
    have_region();
    static unsigned faults;
    faults = 0;
    set_fault_handler([](const fault_report&) noexcept { return ++faults, fault_answer::quarantine; });
    void* p = fixed_heap_backend.allocate(100, 8);
    fixed_heap_backend.deallocate(p, 400, 8);
    CHECK(faults == 1);
    fixed_heap_backend.deallocate(p, 100, 8);
    CHECK(faults == 1);
    fixed_heap_backend.deallocate(p, 100, 8);
    CHECK(faults == 2);
    set_fault_handler(nullptr);
    fixed_heap_backend.deallocate(fixed_heap_backend.allocate(100, 8), 100, 8);
}

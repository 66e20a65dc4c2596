#include <autopmr/backends/jemalloc.hpp>

#include "backends/checks.hpp"

using namespace autopmr;

#include <autopmr/decision.hpp>
#include <autopmr/host.hpp>

#include <cstdlib>

TEST_CASE("jemalloc serves and keeps books") {
    if (absent(jemalloc_backend)) return;
    CHECK(jemalloc_backend.version().substr(0, 2) == "5.");
    check_books(jemalloc_backend);
}

TEST_CASE("jemalloc's decay comes from the memory limit") {
    if (absent(jemalloc_backend)) return;
    host small, large, none;
    small.memory_limit = {256u << 20, true, "small/memory.max"};
    large.memory_limit = {std::size_t{64} << 30, true, "large/memory.max"};
    tuning_log of_small, of_large, of_none, prompt(goal::footprint);
    jemalloc_backend.tune(small, of_small);
    jemalloc_backend.tune(large, of_large);
    jemalloc_backend.tune(none, of_none);
    REQUIRE(of_small.size() == 1);
    REQUIRE(of_large.size() == 1);
    CHECK(of_small[0].applied);
    CHECK(of_small[0].parameter == "dirty_decay_ms");
    CHECK(of_small[0].value.view() == "1000");
    CHECK(of_small[0].fact == "memory_limit");
    CHECK(of_small[0].origin.view() == "small/memory.max");
    CHECK(of_large[0].value.view() == "5000");
    CHECK(of_none.size() == 0);
    jemalloc_backend.tune(none, prompt);
    REQUIRE(prompt.size() == 2);
    CHECK(prompt[0].value.view() == "500");
}

TEST_CASE("jemalloc's heaps of one's own are told apart and live for ever") {
    if (absent(jemalloc_backend)) return;
    const heap_offer one = jemalloc_backend.own_heap(), other = jemalloc_backend.own_heap();
    REQUIRE(one.heap != nullptr);
    CHECK(one.heap != other.heap);
    void* block = one.heap->allocate(100, 64);
    one.heap->deallocate(block, 100, 64);
}

TEST_CASE("what the user said in MALLOC_CONF stays") {
    if (absent(jemalloc_backend)) return;
    ::setenv("MALLOC_CONF", "dirty_decay_ms:7000", 1);
    host small;
    small.memory_limit = {256u << 20, true, "small/memory.max"};
    tuning_log log;
    jemalloc_backend.tune(small, log);
    ::unsetenv("MALLOC_CONF");
    REQUIRE(log.size() == 1);
    CHECK_FALSE(log[0].applied);
    CHECK(log[0].origin.view().find("MALLOC_CONF") != std::string_view::npos);
}

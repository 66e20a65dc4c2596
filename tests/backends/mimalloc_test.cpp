#include <autopmr/backends/mimalloc.hpp>

#include "backends/checks.hpp"

using namespace autopmr;

#include <autopmr/decision.hpp>
#include <autopmr/errors.hpp>
#include <autopmr/host.hpp>

#include "resources/backends/mimalloc_calls.hpp"

#include <cstdlib>

TEST_CASE("mimalloc serves and keeps books") {
    if (absent(mimalloc_backend)) return;
    CHECK(starts_with_digit(mimalloc_backend.version()));
    check_books(mimalloc_backend);
}

TEST_CASE("mimalloc's options come from the memory limit and from huge pages") {
    if (absent(mimalloc_backend)) return;
    host small, huge, none;
    small.memory_limit = {256u << 20, true, "small/memory.max"};
    huge.transparent_huge_pages = {huge_pages::always, true, "huge/enabled"};
    tuning_log of_small, of_huge, of_none;
    mimalloc_backend.tune(none, of_none);
    CHECK(of_none.size() == 0);
    mimalloc_backend.tune(huge, of_huge);
    REQUIRE(of_huge.size() == 1);
    CHECK(of_huge[0].value.view() == "250");
    CHECK(of_huge[0].fact == "transparent_huge_pages");
    CHECK(of_huge[0].origin.view() == "huge/enabled");
    mimalloc_backend.tune(small, of_small);
    REQUIRE(of_small.size() == 2);
    CHECK(of_small[0].value.view() == "0");
    CHECK(of_small[0].fact == "memory_limit");
    CHECK(of_small[0].origin.view() == "small/memory.max");
}

TEST_CASE("what the user said in mimalloc's environment stays") {
    if (absent(mimalloc_backend)) return;
    ::setenv("MIMALLOC_PURGE_DELAY", "42", 1);
    host small;
    small.memory_limit = {256u << 20, true, "small/memory.max"};
    tuning_log log;
    mimalloc_backend.tune(small, log);
    ::unsetenv("MIMALLOC_PURGE_DELAY");
    REQUIRE(log.size() == 2);
    CHECK_FALSE(log[0].applied);
    CHECK(log[0].origin.view().find("MIMALLOC_PURGE_DELAY") != std::string_view::npos);
    CHECK(log[1].applied);
}

TEST_CASE("through its own type mimalloc keeps the same promises") {
    if (absent(mimalloc_backend)) return;
    mimalloc_resource direct;
    for (std::size_t alignment = 1; alignment <= 4096; alignment *= 2) {
        for (std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{24}, alignment, 3 * alignment}) {
            void* one = direct.allocate(bytes, alignment);
            void* other = direct.allocate(bytes, alignment);
            CHECK(reinterpret_cast<std::uintptr_t>(one) % alignment == 0);
            CHECK(reinterpret_cast<std::uintptr_t>(other) % alignment == 0);
            CHECK(one != other);
            direct.deallocate(one, bytes, alignment);
            static_cast<std::pmr::memory_resource&>(direct).deallocate(other, bytes, alignment);
        }
    }
    for (std::size_t bad : {0, 3, 5, 12, 24, 48, 65, 1000}) CHECK_THROWS_AS(direct.allocate(64, bad), bad_alignment);
    CHECK_THROWS_AS(direct.allocate(SIZE_MAX, 8), out_of_memory);
    CHECK_THROWS_AS(direct.allocate(std::size_t{1} << 62, 8), out_of_memory);
}

// mimalloc 2.0.9 by itself gets some of these wrong: powers of two, where size and alignment are near each other.
TEST_CASE("mimalloc aligns powers of two as asked") {
    if (absent(mimalloc_backend)) return;
    for (std::size_t alignment = 32; alignment <= 4096; alignment *= 2)
        for (std::size_t bytes = alignment; bytes <= 8192; bytes *= 2) {
            CAPTURE(alignment, bytes);
            void* blocks[8];
            for (void*& block : blocks) CHECK(reinterpret_cast<std::uintptr_t>(block = mimalloc_backend.allocate(bytes, alignment)) % alignment == 0);
            for (void* block : blocks) mimalloc_backend.deallocate(block, bytes, alignment);
        }
}

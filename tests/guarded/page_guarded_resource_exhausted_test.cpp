#include "support/catch.hpp"

#include <autopmr/errors.hpp>
#include <autopmr/guarded/page_guarded_resource.hpp>

#include "support/child.hpp"
#include "support/faults.hpp"
#include "support/sanitized.hpp"

#include <cstddef>
#include <memory_resource>
#include <string>

#include <sys/resource.h>

using namespace autopmr;
using autopmr_test::counted_faults;
using autopmr_test::in_child;

namespace {

page_guarded_options with(bool markers) { return {.pool = {.guard_markers = markers}, .leaks = leak_answer::ignore}; }

}  // namespace

TEST_CASE("A full pool refuses, recycles or passes on, as was asked") {
    page_guarded_options options = with(GENERATE(true, false));
    options.pool.most_live = 2;
    std::pmr::monotonic_buffer_resource spare;
    SECTION("refuse") {
        page_guarded_resource guarded(options);
        void* const           one = guarded.allocate(1, 1);
        static_cast<void>(guarded.allocate(1, 1));
        CHECK_THROWS_AS(guarded.allocate(1, 1), out_of_memory);
        guarded.deallocate(one, 1, 1);
        CHECK(guarded.allocate(1, 1) != one);
    }
    SECTION("upstream") {
        options.exhausted = guard_exhausted::upstream;
        options.spare = &spare;
        page_guarded_resource guarded(options);
        static_cast<void>(guarded.allocate(1, 1));
        static_cast<void>(guarded.allocate(1, 1));
        void* const passed = guarded.allocate(1, 1);
        CHECK(!guarded.pool().contains(passed));
        CHECK(guarded.unguarded() == 1);
        CHECK(std::string(guarded.facts().view()).find("1 were not guarded") != std::string::npos);
        counted_faults counted;
        guarded.deallocate(passed, 1, 1);
        CHECK(counted.count == 0);
    }
    SECTION("upstream that is not there") {
        options.exhausted = guard_exhausted::upstream;
        options.pool.most_live = 1;
        page_guarded_resource guarded(options);
        static_cast<void>(guarded.allocate(1, 1));
        CHECK_THROWS_AS(guarded.allocate(1, 1), out_of_memory);
    }
}

TEST_CASE("Where address space is short, freed places come back early only if that was asked for") {
    if (under_asan || under_tsan) return;  // their shadow does not fit
    for (const bool recycle : {false, true}) {
        const auto end = in_child([&] {
            const rlimit limit{std::size_t{600} << 20, std::size_t{600} << 20};
            if (::setrlimit(RLIMIT_AS, &limit) != 0) return 1;
            page_guarded_options options = with(true);
            options.exhausted = recycle ? guard_exhausted::recycle_oldest : guard_exhausted::refuse;
            page_guarded_resource guarded(options);
            void* const           first = guarded.allocate(8, 8);
            guarded.deallocate(first, 8, 8);
            for (int i = 0; i != 20000; ++i) {
                void* block = nullptr;
                try {
                    block = guarded.allocate(8, 8);
                } catch (const out_of_memory&) { return recycle ? 2 : 0; }
                if (block == first) return recycle ? 0 : 3;
                guarded.deallocate(block, 8, 8);
            }
            return 4;
        });
        CHECK(end.exit_status == 0);
        CHECK(end.error == "");
    }
}

#include <autopmr/thread_record.hpp>

#include "src/support/per_thread.hpp"
#include "support/catch.hpp"

#include <thread>

using namespace autopmr;

TEST_CASE("each thread has its own record, and none before it needs one") {
    thread_record* here = per_thread::current_or_new();
    REQUIRE(here != nullptr);
    CHECK(this_thread_record() == here);
    thread_record *before = here, *there = nullptr;
    std::thread([&] {
        before = this_thread_record();
        there = per_thread::current_or_new();
    }).join();
    CHECK(before == nullptr);
    CHECK(there != nullptr);
    CHECK(there != here);
    CHECK(this_thread_record() == here);
}

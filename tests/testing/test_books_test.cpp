#include <autopmr/testing/test_books.hpp>

#include "support/catch.hpp"

using namespace autopmr::testing;

namespace {

/// Books that a test can write.
struct written final : test_books {
    test_counts& now() { return counts_; }
};

}  // namespace

TEST_CASE("each name reads its own count") {
    written      books;
    test_counts& now = books.now();
    int          block = 0;
    now.allocations = 1;
    now.deallocations = 2;
    now.refusals = 3;
    now.blocks_in_use = 4;
    now.max_blocks = 5;
    now.total_blocks = 6;
    now.bytes_in_use = 7;
    now.max_bytes = 8;
    now.total_bytes = 9;
    now.mismatches = 10;
    now.bad_deallocate_params = 11;
    now.bounds_errors = 12;
    now.last_allocated = {&block, 13, 16};
    now.last_deallocated = {&now, 14, 32};
    CHECK(books.allocations() == 1);
    CHECK(books.deallocations() == 2);
    CHECK(books.refusals() == 3);
    CHECK(books.blocks_in_use() == 4);
    CHECK(books.max_blocks() == 5);
    CHECK(books.total_blocks() == 6);
    CHECK(books.bytes_in_use() == 7);
    CHECK(books.max_bytes() == 8);
    CHECK(books.total_bytes() == 9);
    CHECK(books.mismatches() == 10);
    CHECK(books.bad_deallocate_params() == 11);
    CHECK(books.bounds_errors() == 12);
    CHECK(books.last_allocated_address() == &block);
    CHECK(books.last_allocated_num_bytes() == 13);
    CHECK(books.last_allocated_alignment() == 16);
    CHECK(books.last_deallocated_address() == &now);
    CHECK(books.last_deallocated_num_bytes() == 14);
    CHECK(books.last_deallocated_alignment() == 32);
}

TEST_CASE("the status is what was wrong, else -1 for blocks in use, else 0") {
    written books;
    CHECK(books.status() == 0);
    CHECK_FALSE(books.has_allocations());
    books.now().blocks_in_use = 2;
    CHECK(books.status() == -1);
    CHECK(books.has_allocations());
    CHECK_FALSE(books.has_errors());
    books.now().mismatches = 2;
    books.now().bad_deallocate_params = 1;  // one of the two
    books.now().bounds_errors = 3;
    books.now().thread_errors = 4;
    CHECK(books.status() == 9);
    CHECK(books.has_errors());
}

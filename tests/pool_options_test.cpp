#include <autopmr/pool_options.hpp>

#include "support/catch.hpp"

using namespace autopmr;

TEST_CASE("a pool's options and usage are plain data") {
    const pool_options options;
    CHECK(options.chunk_bytes == 64 * 1024);
    const pool_usage nothing;
    CHECK(facts_of({3, 1, 0, 0, 2, 0, 199680, 0}).view() == "3 chunks, 1 idle, 2 large blocks, 199680 bytes reserved");
    CHECK(nothing.chunks + nothing.idle_chunks + nothing.live_blocks + nothing.large_blocks + nothing.reserved_bytes + nothing.thread_caches == 0);
}

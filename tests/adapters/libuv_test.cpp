#include <autopmr/adapters/libuv.hpp>
#include <autopmr/autopmr.hpp>

#include <string>

#include "tests/adapters/support/each_failure.hpp"
#include "tests/adapters/support/plain_global.hpp"

namespace {

using autopmr::install_answer;
using autopmr::install_in_libuv;
using autopmr_test::outcome;
using autopmr_test::plain_global;
using autopmr_test::traffic;

/// True where it ran out of memory.
bool refused(int code) {
    REQUIRE((code >= 0 || code == UV_ENOMEM));
    return code < 0;
}

/// Asks for a folder five times without waiting, and lets a timer fire.
outcome one_loop() {
    uv_loop_t loop;
    if (refused(uv_loop_init(&loop))) return outcome::out_of_memory;
    int        answers = 0;
    bool       failed = false;
    uv_timer_t timer;
    uv_timer_init(&loop, &timer);
    timer.data = &answers;
    uv_timer_start(&timer, [](uv_timer_t* self) { ++*static_cast<int*>(self->data), uv_close(reinterpret_cast<uv_handle_t*>(self), nullptr); }, 0, 0);

    uv_fs_t requests[5];
    for (uv_fs_t& one : requests) {
        one.data = &answers;
        if (refused(uv_fs_stat(&loop, &one, "/etc", [](uv_fs_t* self) { *static_cast<int*>(self->data) += self->result == 0; }))) failed = true;
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    for (uv_fs_t& one : requests) uv_fs_req_cleanup(&one);
    REQUIRE(uv_loop_close(&loop) == 0);
    REQUIRE((failed || answers == 6));
    return failed ? outcome::out_of_memory : outcome::served;
}

}  // namespace

TEST_CASE("libuv: its traffic is its own, and each refusal its own error") {
    const autopmr_test::plain_traffic plain(
        [] { REQUIRE(uv_replace_allocator(plain_global::malloc, plain_global::realloc, plain_global::calloc, plain_global::free) == 0); }, one_loop);
    for (const std::size_t n : plain.deadly) WARN("libuv ends the process itself where allocation " << n << " of a loop is refused");

    autopmr::pool_resource pool;  // refused, so not kept for ever
    CHECK(install_in_libuv(pool, "one thread").what == install_answer::one_thread_only);
    std::pmr::synchronized_pool_resource foreign;
    CHECK(install_in_libuv(foreign, "unknown").what == install_answer::threads_unknown);

    traffic& at = autopmr::make_immortal<traffic>();
    REQUIRE(install_in_libuv(at, "test"));
    const install_answer again = install_in_libuv(at, "again");
    CHECK(again.what == install_answer::already_installed);
    CHECK(std::string(again.first) == "test");

    REQUIRE(one_loop() == outcome::served);
    const auto before = at.now();
    REQUIRE(one_loop() == outcome::served);
    CHECK(at.now().allocations - before.allocations == plain.allocations);
    CHECK(at.now().bytes - before.bytes == plain.bytes + 16 * plain.allocations);

    const auto got = autopmr_test::each_failure(at, [](traffic&) { return one_loop(); }, [&](std::size_t n) { return plain.is_deadly(n); }, false,
                                                2000, before.live);
    CHECK(got.traffic > 5);
    CHECK(got.errors == got.rounds);
    CHECK(got.rounds >= 4);
    uv_library_shutdown();
    CHECK(at.settled());
}

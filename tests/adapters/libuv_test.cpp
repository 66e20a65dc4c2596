#include <autopmr/adapters/libuv.hpp>
#include <autopmr/autopmr.hpp>

#include "tests/adapters/support/library.hpp"
#include "tests/adapters/support/plain_global.hpp"

namespace {

using autopmr_test::outcome;
using autopmr_test::plain_global;
using autopmr_test::traffic;

struct libuv_heap : autopmr::static_heap<autopmr::libuv_library> {
    template <class Resource, class... Assume>
    static autopmr::install_answer install(Resource& immortal, const char* who, Assume... assume) {
        return autopmr::install_in_libuv(immortal, who, assume...);
    }
};

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

    autopmr_test::takes_one_once<libuv_heap>();
    traffic&   at = autopmr_test::installed<libuv_heap>();
    const auto got = plain.keeps_books(at, one_loop);
    CHECK(got.traffic > 5);
    CHECK(got.errors == got.rounds);
    CHECK(got.rounds >= 4);
    uv_library_shutdown();
    CHECK(at.settled());
}

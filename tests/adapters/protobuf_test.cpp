#include <autopmr/adapters/protobuf.hpp>
#include <autopmr/autopmr.hpp>

#include <google/protobuf/struct.pb.h>

#include <cstdlib>
#include <new>

#include "tests/adapters/support/each_failure.hpp"
#include "tests/adapters/support/library.hpp"

namespace {

namespace pb = google::protobuf;
using autopmr::install_in_protobuf;
using autopmr_test::traffic;

struct plain_books {
    static inline std::size_t allocations = 0, bytes = 0;
};

struct protobuf_heap : autopmr::static_heap<autopmr::protobuf_library> {
    template <class Resource, class... Assume>
    static autopmr::install_answer install(Resource& immortal, const char* who, Assume... assume) {
        return install_in_protobuf(immortal, who, assume...);
    }
};

/// Lists in lists, in one arena.
void fill(const pb::ArenaOptions& options) {
    pb::Arena arena(options);
    auto*     all = pb::Arena::CreateMessage<pb::ListValue>(&arena);
    for (int i = 0; i < 200; ++i) {
        auto* const one = all->add_values()->mutable_list_value();
        for (int j = 0; j < 20; ++j) one->add_values()->set_number_value(j);
    }
    REQUIRE(all->values(199).list_value().values(19).number_value() == 19);
}

}  // namespace

TEST_CASE("protobuf: arenas of a kind take their blocks from its resource, each refusal is a bad_alloc") {
    pb::ArenaOptions plain;
    plain.block_alloc = [](std::size_t bytes) { return ++plain_books::allocations, plain_books::bytes += bytes, std::malloc(bytes); };
    plain.block_dealloc = [](void* block, std::size_t) { std::free(block); };
    fill(plain);

    CHECK_THROWS_AS(fill(autopmr::protobuf_arena_options()), std::bad_alloc);  // none installed
    autopmr_test::takes_one_once<protobuf_heap>();
    traffic& at = autopmr_test::installed<protobuf_heap>();
    fill(autopmr::protobuf_arena_options());
    CHECK(at.now().allocations == plain_books::allocations);
    CHECK(at.now().bytes == plain_books::bytes + 16 * plain_books::allocations);
    const auto got = autopmr_test::each_failure_throws(at, [](traffic&) { fill(autopmr::protobuf_arena_options()); });
    CHECK(got.traffic > 8);
}

TEST_CASE("protobuf: another kind of arenas has another resource") {
    struct requests {};
    traffic& at = autopmr::make_immortal<traffic>();
    REQUIRE(install_in_protobuf<requests>(at, "requests"));
    fill(autopmr::protobuf_arena_options<requests>());
    CHECK(at.now().allocations > 8);
    CHECK(at.settled());
}

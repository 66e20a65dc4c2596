#include <autopmr/adapters/protobuf.hpp>
#include <autopmr/autopmr.hpp>

#include <google/protobuf/struct.pb.h>

#include <cstdlib>
#include <memory_resource>
#include <new>
#include <string>

#include "tests/adapters/support/each_failure.hpp"

namespace {

namespace pb = google::protobuf;
using autopmr::install_answer;
using autopmr::install_in_protobuf;
using autopmr_test::outcome;
using autopmr_test::traffic;

struct plain_books {
    static inline std::size_t allocations = 0, bytes = 0;
};

/// Lists in lists, in one arena.
outcome fill(const pb::ArenaOptions& options) {
    try {
        pb::Arena arena(options);
        auto*     all = pb::Arena::CreateMessage<pb::ListValue>(&arena);
        for (int i = 0; i < 200; ++i) {
            auto* const one = all->add_values()->mutable_list_value();
            for (int j = 0; j < 20; ++j) one->add_values()->set_number_value(j);
        }
        REQUIRE(all->values(199).list_value().values(19).number_value() == 19);
    } catch (const std::bad_alloc&) {
        return outcome::out_of_memory;
    }
    return outcome::served;
}

}  // namespace

TEST_CASE("protobuf: arenas of a kind take their blocks from its resource, each refusal is a bad_alloc") {
    pb::ArenaOptions plain;
    plain.block_alloc = [](std::size_t bytes) { return ++plain_books::allocations, plain_books::bytes += bytes, std::malloc(bytes); };
    plain.block_dealloc = [](void* block, std::size_t) { std::free(block); };
    REQUIRE(fill(plain) == outcome::served);

    CHECK(fill(autopmr::protobuf_arena_options()) == outcome::out_of_memory);  // none installed
    autopmr::pool_resource pool;  // refused, so not kept for ever
    CHECK(install_in_protobuf(pool, "one thread").what == install_answer::one_thread_only);
    std::pmr::synchronized_pool_resource foreign;
    CHECK(install_in_protobuf(foreign, "unknown").what == install_answer::threads_unknown);

    traffic& at = autopmr::make_immortal<traffic>();
    REQUIRE(install_in_protobuf(at, "test"));
    const install_answer again = install_in_protobuf(at, "again");
    CHECK(again.what == install_answer::already_installed);
    CHECK(std::string(again.first) == "test");

    REQUIRE(fill(autopmr::protobuf_arena_options()) == outcome::served);
    CHECK(at.now().allocations == plain_books::allocations);
    CHECK(at.now().bytes == plain_books::bytes + 16 * plain_books::allocations);
    const auto got = autopmr_test::each_failure(at, [](traffic&) { return fill(autopmr::protobuf_arena_options()); });
    CHECK(got.traffic > 8);
    CHECK(got.errors == got.rounds);
    CHECK(at.settled());
}

TEST_CASE("protobuf: another kind of arenas has another resource") {
    struct requests {};
    traffic& at = autopmr::make_immortal<traffic>();
    REQUIRE(install_in_protobuf<requests>(at, "requests"));
    CHECK(fill(autopmr::protobuf_arena_options<requests>()) == outcome::served);
    CHECK(at.now().allocations > 8);
    CHECK(at.settled());
}

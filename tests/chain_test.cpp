#include <autopmr/chain.hpp>
#include <autopmr/decorators/limit.hpp>
#include <autopmr/decorators/statistics.hpp>

#include "support/catch.hpp"

#include <memory_resource>
#include <new>
#include <string>

using namespace autopmr;

namespace {

std::string heard;

enum class mood { willing, refusing };

template <char Name>
struct speaker {
    static constexpr std::string_view name = "speaker";
    mood                              is = mood::willing;
    speaker() = default;
    explicit speaker(mood m) : is(m) {}
    void say(const char* what) { heard.append({Name, ':'}).append(what).append(" "); }
    void reserve(const block_request&) {
        say("reserve");
        if (is == mood::refusing) throw std::bad_alloc();
    }
    void commit(void*, const block_request&) noexcept { say("commit"); }
    void cancel(const block_request&) noexcept { say("cancel"); }
    void retire(void*, const block_request&) noexcept { say("retire"); }
    void settle(const block_request&) noexcept { say("settle"); }
};

}  // namespace

TEST_CASE("a chain runs its observers as nesting would") {
    heard.clear();
    observed<chain<speaker<'a'>, speaker<'b'>>> both(std::pmr::new_delete_resource());
    both.deallocate(both.allocate(8), 8);
    CHECK(heard == "a:reserve b:reserve b:commit a:commit a:retire b:retire b:settle a:settle ");

    std::string as_chained = heard;
    heard.clear();
    observed<speaker<'b'>> inner(std::pmr::new_delete_resource());
    observed<speaker<'a'>> outer(&inner);
    outer.deallocate(outer.allocate(8), 8);
    CHECK(heard == as_chained);
}

TEST_CASE("a refusal of the second is cancelled in the first, a failure of the upstream in both") {
    heard.clear();
    observed<chain<speaker<'a'>, speaker<'b'>>> refusing(mood::willing, mood::refusing, std::pmr::new_delete_resource());
    CHECK_THROWS_AS(refusing.allocate(8), std::bad_alloc);
    CHECK(heard == "a:reserve b:reserve a:cancel ");

    heard.clear();
    observed<chain<speaker<'a'>, speaker<'b'>>> failing(std::pmr::null_memory_resource());
    CHECK_THROWS_AS(failing.allocate(8), std::bad_alloc);
    CHECK(heard == "a:reserve b:reserve b:cancel a:cancel ");
}

TEST_CASE("statistics over a limit count its refusals") {
    observed<chain<statistics, limit>> both(100, std::pmr::new_delete_resource());
    void*                              block = both.allocate(100);
    CHECK_THROWS_AS(both.allocate(1), limit_exceeded);
    CHECK(both.observer().get<statistics>().now().failures == 1);
    CHECK(both.observer().get<statistics>().now().live == 100);
    CHECK(both.observer().get<limit>().now().live == 100);
    both.deallocate(block, 100);
    CHECK(both.observer().get<statistics>().now().live == 0);
    CHECK(both.observer().get<limit>().now().live == 0);
    CHECK(both.name() == "statistics+limit");
}

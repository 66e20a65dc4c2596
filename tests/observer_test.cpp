#include <autopmr/chain.hpp>
#include <autopmr/observed.hpp>
#include <autopmr/observer.hpp>

#include "support/catch.hpp"
#include "support/exact_upstream.hpp"

#include <string_view>

using namespace autopmr;
using autopmr_test::exact_upstream;

namespace {

/// Counts, and keeps back what it is told to.
template <int Tag>
struct gate {
    static constexpr std::string_view name = "gate";
    int                               retired = 0, settled = 0, cancelled = 0;
    bool                              opened = true;
    void                              reserve(const block_request&) noexcept {}
    void                              commit(void*, const block_request&) noexcept {}
    void                              cancel(const block_request&) noexcept { ++cancelled; }
    void                              settle(const block_request&) noexcept { ++settled; }
    bool                              retire(void*, const block_request&) noexcept { return ++retired, opened; }
    layer_facts                       facts() const noexcept { return layer_facts("gate ").append(Tag); }
};

struct silent {
    static constexpr std::string_view name = "silent";
    void                              reserve(const block_request&) noexcept {}
    void                              commit(void*, const block_request&) noexcept {}
    void                              cancel(const block_request&) noexcept {}
    void                              retire(void*, const block_request&) noexcept {}
    void                              settle(const block_request&) noexcept {}
};

}  // namespace

TEST_CASE("a block that an observer keeps back does not reach the upstream") {
    exact_upstream    below;
    observed<gate<1>> watched(&below);
    void*             block = watched.allocate(8, 8);
    watched.observer().opened = false;
    watched.deallocate(block, 8, 8);
    CHECK(below.live() == 1);
    CHECK(watched.observer().retired == 1);
    CHECK(watched.observer().settled == 0);
    watched.observer().opened = true;
    watched.deallocate(block, 8, 8);
    CHECK(below.live() == 0);
    CHECK(watched.observer().settled == 1);
}

TEST_CASE("in a chain, who comes after the one that keeps a block back is not asked") {
    exact_upstream                             below;
    observed<chain<gate<1>, gate<2>, gate<3>>> watched(&below);
    auto&                                      gates = watched.observer();
    void*                                      block = watched.allocate(8, 8);
    gates.get<gate<2>>().opened = false;
    watched.deallocate(block, 8, 8);
    CHECK(below.live() == 1);
    CHECK(gates.get<gate<1>>().retired == 1);
    CHECK(gates.get<gate<1>>().settled == 1);  // for the first it went, as it would with nesting
    CHECK(gates.get<gate<2>>().retired == 1);
    CHECK(gates.get<gate<2>>().settled == 0);
    CHECK(gates.get<gate<3>>().retired == 0);
    gates.get<gate<2>>().opened = true;
    watched.deallocate(block, 8, 8);
    CHECK(below.live() == 0);
    CHECK(gates.get<gate<3>>().settled == 1);
}

TEST_CASE("a request is cancelled unless it was served") {
    gate<1> one;
    { const cancel_unless_served<gate<1>> pending{&one, {8, 8}}; }
    CHECK(one.cancelled == 1);
    {
        cancel_unless_served<gate<1>> pending{&one, {8, 8}};
        pending.who = nullptr;
    }
    CHECK(one.cancelled == 1);
}

TEST_CASE("what observers say of themselves is what their resource says, and they need not say anything") {
    exact_upstream                            below;
    observed<gate<1>>                         one(&below);
    observed<silent>                          none(&below);
    observed<chain<gate<1>, silent, gate<2>>> some(&below);
    CHECK(one.facts().view() == "gate 1");
    CHECK(none.facts().view() == "");
    CHECK(some.facts().view() == "gate 1; gate 2");
    static_cast<layer&>(none).deallocate(static_cast<layer&>(none).allocate(8), 8);
    CHECK(below.live() == 0);
}

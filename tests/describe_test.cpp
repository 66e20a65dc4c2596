#include <autopmr/autopmr.hpp>

#include "support/catch.hpp"

#include <memory>
#include <memory_resource>
#include <string>
#include <vector>

using namespace autopmr;

namespace {
unsigned deepest = 0;
void     look(const layer_stop& stop) { deepest = stop.depth; }
}  // namespace

TEST_CASE("a walk takes a plain function, too") {
    statistics_resource top(&system_backend.resource());
    for_each_layer(&top, look);
    CHECK(deepest == 1);
    for_each_layer(&top, &look);
    static_cast<void>(subsystem("describe"));
    for_each_subsystem(static_cast<void (*)(const subsystem_resource&)>([](const subsystem_resource&) {}));
}

TEST_CASE("a walk goes from the top down and into both upstreams, and foreign resources end it") {
    std::pmr::monotonic_buffer_resource foreign(&system_backend.resource());
    limit_resource                      primary(1000, &foreign);
    statistics_resource                 secondary(&system_backend.resource());
    fallback_resource                   both(&primary, &secondary);
    statistics_resource                 top(&both);

    std::vector<layer_stop> stops;
    for_each_layer(&top, [&](const layer_stop& stop) { stops.push_back(stop); });
    REQUIRE(stops.size() == 6);
    const std::pmr::memory_resource* expected[] = {&top, &both, &primary, &foreign, &secondary, &system_backend.resource()};
    const unsigned                   depths[] = {0, 1, 2, 3, 2, 3};
    for (std::size_t i = 0; i != stops.size(); ++i) {
        CHECK(stops[i].resource == expected[i]);
        CHECK(stops[i].depth == depths[i]);
        CHECK((stops[i].known == nullptr) == (i == 3));
        if (stops[i].known != nullptr) CHECK(stops[i].known == stops[i].resource);
    }
}

TEST_CASE("a description is a line a layer, with what matters of it") {
    std::pmr::monotonic_buffer_resource  foreign;
    limit_resource                       small(1000, std::pmr::new_delete_resource());
    segregating_resource                 by_size(64, &small, &foreign);
    observed<chain<failing, soft_limit>> top(std::size_t{10}, std::size_t{5},
        soft_limit_callback([](void*, std::size_t) noexcept {}), static_cast<void*>(nullptr), &by_size);
    void*                                block = top.allocate(20);
    CHECK(describe(&top) ==
          "failing+soft_limit: 0 of 1 requests refused; 20 bytes live, mark 10, again after 5\n"
          "  segregating: at most 64 bytes from the first below, more from the second\n"
          "    limit: 20 bytes live, 20 at most, limit 1000\n"
          "      std::pmr::new_delete_resource\n"
          "    foreign resource\n");
    top.deallocate(block, 20);
    CHECK(describe(static_cast<std::pmr::memory_resource*>(nullptr)) == "std::pmr::null_memory_resource\n");
}

TEST_CASE("a subsystem is described with its books and its backend, and says who refused") {
    subsystem_options options;
    options.backend = "system";
    options.limit = 100;
    configure("describe", options).value_or_throw();
    subsystem_resource& own = subsystem("describe");
    own.deallocate(own.allocate(40), 40);
    CHECK_THROWS_AS(own.allocate(101), limit_exceeded);
    const std::string text = describe(&own);
    INFO(text);
    CHECK(text.find("describe: 0 bytes live, ") == 0);
    CHECK(text.find(", limit 100, 1 refused\n  system\n") != std::string::npos);
    CHECK(describe(&subsystem("")).find("(root): ") == 0);
}

TEST_CASE("trim reaches both upstreams") {
    struct cellar final : layer {
        int              trims = 0;
        std::string_view name() const noexcept override { return "cellar"; }
        void             trim() noexcept override { ++trims; }
        void*            do_allocate(std::size_t, std::size_t) override { throw std::bad_alloc(); }
        void             do_deallocate(void*, std::size_t, std::size_t) override {}
        bool             do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
    };
    cellar               first, second;
    fallback_resource    either(&first, &second);
    segregating_resource by_size(8, std::make_shared<synchronized_resource>(&either), &second);
    by_size.trim();
    CHECK(first.trims == 1);
    CHECK(second.trims == 2);
}

TEST_CASE("the longest facts of books fit") {
    constexpr std::size_t most = SIZE_MAX - 1;
    CHECK_FALSE(facts_of(usage{most, most, most, most, most, most, most}).cut());
}

#include <autopmr/tuning.hpp>

#include "support/catch.hpp"

#include <iterator>

using namespace autopmr;

TEST_CASE("a tuning_log knows what the tuning is for") {
    CHECK(tuning_log().wanted() == goal::throughput);
    CHECK(tuning_log(goal::footprint).wanted() == goal::footprint);
}

TEST_CASE("a tuning_log keeps what is added in order, and drops what does not fit") {
    tuning_log log;
    CHECK(log.empty());
    for (unsigned i = 0; i != tuning_log::most + 3; ++i) {
        tuning entry;
        entry.backend = "jemalloc";
        entry.value.append(static_cast<unsigned long long>(i));
        log.add(entry);
    }
    REQUIRE(log.size() == tuning_log::most);
    CHECK(log[0].value.view() == "0");
    CHECK(log[tuning_log::most - 1].value.view() == "11");
    CHECK(static_cast<std::size_t>(std::distance(log.begin(), log.end())) == log.size());
}

#include <autopmr/request.hpp>

#include "support/catch.hpp"

using namespace autopmr;

TEST_CASE("every goal's name is read back") {
    for (const goal g : {goal::throughput, goal::footprint, goal::hardened}) {
        goal read = g == goal::throughput ? goal::hardened : goal::throughput;
        CHECK(parse(to_string(g), read));
        CHECK(read == g);
    }
}

TEST_CASE("what is no goal leaves the goal as it was") {
    goal read = goal::footprint;
    for (const char* no : {"", "Throughput", "throughput ", "fast"}) {
        CHECK_FALSE(parse(no, read));
        CHECK(read == goal::footprint);
    }
}

TEST_CASE("who said so has a name") {
    CHECK(to_string(said_by::program) == "program");
    CHECK(to_string(said_by::nobody) == "nobody");
}

TEST_CASE("a request asks for nothing by itself") {
    const request asked;
    CHECK(asked.where.os == this_platform.os);
    CHECK(asked.wanted == goal::throughput);
    CHECK(asked.backend.empty());
    CHECK(asked.problem.empty());
}

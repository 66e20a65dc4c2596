#include <autopmr/subsystem.hpp>

#include "support/catch.hpp"

#include <autopmr/errors.hpp>

#include <memory_resource>
#include <string>
#include <vector>

using namespace autopmr;

TEST_CASE("a subsystem is made once, with its ancestors") {
    subsystem_resource& c = subsystem("made.once.c");
    CHECK(&c == &subsystem("made.once.c"));
    CHECK(c.name() == "made.once.c");
    REQUIRE(c.parent() != nullptr);
    CHECK(c.parent()->name() == "made.once");
    CHECK(c.parent()->parent() == &subsystem("made"));
    CHECK(c.parent()->parent()->parent() == &subsystem(""));
    CHECK(subsystem("").parent() == nullptr);
    CHECK(subsystem("").name().empty());
}

TEST_CASE("a subsystem counts what containers take and give back") {
    subsystem_resource& s = subsystem("counts");
    {
        std::pmr::vector<int> v({1, 2, 3}, &s);
        CHECK(s.usage().live == 3 * sizeof(int));
        CHECK(s.usage().count == 1);
    }
    CHECK(s.usage().live == 0);
    CHECK(s.usage().total == 3 * sizeof(int));
    CHECK(s.usage().peak >= 3 * sizeof(int));
    CHECK_FALSE(s.usage().backend.empty());
}

TEST_CASE("a limit bounds a subsystem and all below it") {
    REQUIRE(configure("bounded", {{}, 1000, {}, {}}).ok());
    subsystem_resource& below = subsystem("bounded.below");
    void* const         block = below.allocate(600);
    CHECK_THROWS_AS(below.allocate(600), limit_exceeded);
    CHECK_THROWS_AS(subsystem("bounded").allocate(600), limit_exceeded);
    CHECK(subsystem("bounded").usage().live == 600);
    below.deallocate(block, 600);
    CHECK(subsystem("bounded").usage().live == 0);
    below.deallocate(below.allocate(1000), 1000);
}

TEST_CASE("a bad name is served and shown, not thrown") {
    for (const char* name : {".", "a..b", ".a", "a.", "a b", "a\n", "ä"}) {
        INFO(name);
        CHECK_FALSE(subsystem_name_error(name).empty());
        CHECK(subsystem(name).name() == "(invalid)");
        CHECK_FALSE(configure(name, {}).ok());
    }
    CHECK(subsystem(std::string(121, 'x')).name() == "(invalid)");
    CHECK(subsystem(std::string(120, 'x')).name().size() == 120);
}

#include <autopmr/decision.hpp>

#include "support/catch.hpp"
#include "support/machines.hpp"

#include <autopmr/errors.hpp>

#include <sstream>
#include <string>

#if __has_include(<nlohmann/json.hpp>)
#include <nlohmann/json.hpp>
#define AUTOPMR_TEST_HAS_JSON 1
#endif

using namespace autopmr;
using namespace autopmr_test;

namespace {

decision ordinary() {
    request asked = linux_machine();
    asked.wanted_by = said_by::environment;
    missing = " mimalloc ";
    decision got = choose(asked);
    missing = {};
    got.tunings = tuning_log(got.wanted);
    tuning set;
    set.backend = "jemalloc";
    set.parameter = "dirty_decay_ms";
    set.value.append("1000");
    set.fact = "memory_limit";
    set.origin.append("/sys/fs/cgroup/memory.max");
    got.tunings.add(set);
    got.notes.add("kept \"as is\"\tand so on");
    return got;
}

decision refused() {
    request asked = linux_machine();
    ask(asked, said_by::environment, "no\xff\"such\n");
    return choose(asked);
}

}  // namespace

TEST_CASE("an empty decision is no decision") {
    const decision none;
    CHECK_FALSE(none.ok());
    CHECK(&none.resource() == std::pmr::null_memory_resource());
}

TEST_CASE("a decision stays below 16 KiB, and a request below 8") {
    CHECK(sizeof(decision) <= 16 * 1024);
    CHECK(sizeof(request) <= 8 * 1024);
}

TEST_CASE("every standing and guard has a name of its own") {
    CHECK(to_string(standing::taken) == "taken");
    CHECK(to_string(standing::passed_over) == "passed over");
    CHECK(to_string(guard::none) == "none");
    CHECK(to_string(guard::sampled) == "sampled");
}

TEST_CASE("decisions are values: copied, and equal where their outcome is") {
    const decision one = ordinary();
    decision       copy = one;
    CHECK(copy == one);
    CHECK(copy.json() == one.json());
    copy.under = guard::canary;
    CHECK(copy != one);
    CHECK(one != refused());
}

TEST_CASE("value_or_throw") {
    const decision good = ordinary();
    CHECK(&good.value_or_throw() == &good);
    const decision bad = refused();
    CHECK_THROWS_AS(bad.value_or_throw(), configuration_error);
    try {
        bad.value_or_throw();
    } catch (const configuration_error& e) {
        CHECK(e.what() == bad.error());
    }
}

TEST_CASE("the line says what, by which rule, why, and on which facts") {
    CHECK(ordinary().line() ==
          "autopmr: jemalloc by rule throughput-jemalloc: close behind in most loads measured (platform linux: compiled for it; "
          "goal throughput: AUTOPMR_GOAL); tuned 1 parameter");
    CHECK(refused().line().find("autopmr: error: AUTOPMR_BACKEND asks for") == 0);
}

TEST_CASE("the line is one line, whatever was asked") { CHECK(refused().line().find('\n') == std::string::npos); }

TEST_CASE("the table holds every candidate, fact, tuning and note") {
    const decision    got = ordinary();
    const std::string table = got.table();
    INFO(table);
    for (const candidate_note& note : got.candidates) {
        CHECK(table.find(std::string(note.rule)) != std::string::npos);
        CHECK(table.find(std::string(note.why)) != std::string::npos);
    }
    for (const fact_note& fact : got.facts) CHECK(table.find(std::string(fact.origin.view())) != std::string::npos);
    for (const char* text : {">  throughput-jemalloc", "cannot serve", "dirty_decay_ms", "because of memory_limit", "kept \"as is\""})
        CHECK(table.find(text) != std::string::npos);
    std::istringstream lines(table);
    for (std::string line; std::getline(lines, line);) CHECK((line.empty() || line.back() != ' '));
    CHECK(table.back() == '\n');
}

#ifdef AUTOPMR_TEST_HAS_JSON

using nlohmann::json;

TEST_CASE("JSON says the same as the decision") {
    const decision got = ordinary();
    const json     read = json::parse(got.json());
    CHECK(read["schema"] == 1);
    CHECK(read["ok"] == true);
    CHECK(read["error"].is_null());
    CHECK(read["backend"] == "jemalloc");
    CHECK(read["guard"] == "none");
    CHECK(read["rule"] == "throughput-jemalloc");
    CHECK(read["because"] == std::string(got.because));
    CHECK(read["platform"] == "linux");
    CHECK(read["goal"] == "throughput");
    CHECK(read["kept"] == false);
    REQUIRE(read["candidates"].size() == got.candidates.size());
    for (std::size_t i = 0; i != got.candidates.size(); ++i) {
        const candidate_note& note = got.candidates[i];
        CHECK(read["candidates"][i] == json{{"backend", std::string(note.what->name)}, {"rule", std::string(note.rule)},
                                           {"guard", std::string(to_string(note.under))}, {"standing", std::string(to_string(note.stands))},
                                           {"why", std::string(note.why)}});
    }
    REQUIRE(read["facts"].size() == got.facts.size());
    for (std::size_t i = 0; i != got.facts.size(); ++i)
        CHECK(read["facts"][i] == json{{"name", std::string(got.facts[i].name)}, {"value", std::string(got.facts[i].value.view())},
                                      {"origin", std::string(got.facts[i].origin.view())}, {"decided", got.facts[i].decided}});
    CHECK(read["tunings"] == json::array({{{"backend", "jemalloc"}, {"parameter", "dirty_decay_ms"}, {"value", "1000"},
                                 {"fact", "memory_limit"}, {"origin", "/sys/fs/cgroup/memory.max"}, {"applied", true}}}));
    CHECK(read["notes"] == json::array({"kept \"as is\"\tand so on"}));
}

TEST_CASE("JSON of an error is JSON, whatever bytes were asked for") {
    const json read = json::parse(refused().json());
    CHECK(read["ok"] == false);
    CHECK(read["backend"].is_null());
    CHECK(read["rule"].is_null());
    CHECK(read["error"].get<std::string>().find("no\xEF\xBF\xBD\"such") != std::string::npos);
    CHECK(json::parse(decision().json())["candidates"].empty());
}

TEST_CASE("the documented members are those that are written, in that order") {
    const auto read = nlohmann::ordered_json::parse(ordinary().json());
    std::string names;
    for (const auto& member : read.items()) names.append(member.key()).append(" ");
    CHECK(names == "schema ok error backend guard rule because platform goal kept candidates facts tunings notes ");
}

#else

TEST_CASE("JSON is read back") { WARN("skipped: nlohmann/json.hpp (nlohmann-json3-dev) is not here"); }

#endif

#include <autopmr/selector.hpp>

#include "support/catch.hpp"
#include "support/machines.hpp"

#include <string>

using namespace autopmr;
using namespace autopmr_test;

namespace {

const candidate_note* taken(const decision& got) {
    for (const candidate_note& note : got.candidates)
        if (note.stands == standing::taken) return &note;
    return nullptr;
}

bool rests_on(const decision& got, std::string_view fact) {
    for (const fact_note& note : got.facts)
        if (note.name == fact) return note.decided;
    return false;
}

std::string_view value_of(const decision& got, std::string_view fact) {
    for (const fact_note& note : got.facts)
        if (note.name == fact) return note.value.view();
    return "not noted";
}

// What a machine gets, with what is missing between blanks.
decision on(const request& asked, std::string_view absent = {}) {
    missing = absent;
    const decision got = choose(asked);
    missing = {};
    return got;
}

request android() { return machine(operating_system::android, c_library::bionic); }

}  // namespace

TEST_CASE("choosing never throws") {
    static_assert(noexcept(choose(request{})) && noexcept(select()) && noexcept(install_default()) && noexcept(default_decision()) &&
                  noexcept(gather()) && noexcept(candidates()) && noexcept(backends()) && noexcept(find_backend("")));
    SUCCEED();
}

TEST_CASE("each backend is listed once, best first, and found by its name") {
    std::string names;
    for (const backend& one : backends()) {
        CHECK(find_backend(one.name) == &one);
        names.append(one.name).append(" ");
    }
    CHECK(names == "mimalloc jemalloc tbb tcmalloc system scudo boost_pool new_delete fixed_heap ");
    CHECK(find_backend("nothing") == nullptr);
    CHECK(find_backend("") == nullptr);
}

TEST_CASE("each row of the table has a name of its own and a reason") {
    for (const candidate& row : candidates()) {
        INFO(row.rule);
        CHECK_FALSE(row.rule.empty());
        CHECK_FALSE(row.because.empty());
        for (const candidate& other : candidates()) CHECK((&row == &other || row.rule != other.rule));
    }
}

TEST_CASE("the table agrees with what the compiler knows of a platform") {
    for (unsigned n = 0; n <= static_cast<unsigned>(operating_system::other); ++n)
        for (const goal wanted : {goal::throughput, goal::footprint, goal::hardened}) {
            request asked = machine(static_cast<operating_system>(n), c_library::unknown, wanted);
            asked.why_not = [](const backend&) noexcept { return std::string_view(); };
            const decision got = choose(asked);
            INFO(to_string(asked.where.os) << ' ' << to_string(wanted));
            REQUIRE(got.ok());
            const std::string_view decided = platform_choice(asked.where);
            if (decided.empty()) CHECK(rests_on(got, "goal"));
            else CHECK(got.chosen->name == decided);
        }
}

TEST_CASE("a request by name comes before everything else") {
    for (const said_by who : {said_by::program, said_by::environment, said_by::policy_file}) {
        request asked = android();
        replace_malloc(asked);
        watch(asked);
        run_on_valgrind(asked);
        asked.wanted = goal::hardened;
        ask(asked, who, "tcmalloc");
        const decision got = on(asked);
        REQUIRE(got.ok());
        CHECK(got.chosen->name == "tcmalloc");
        CHECK(got.rule.substr(0, 6) == "asked-");
        CHECK(value_of(got, "backend") == "tcmalloc");
    }
}

TEST_CASE("a replaced malloc comes before tools, platform and goal, and is named") {
    request asked = android();
    replace_malloc(asked);
    watch(asked);
    run_on_valgrind(asked);
    asked.wanted = goal::hardened;
    const decision got = on(asked);
    CHECK(got.rule == "malloc-replaced");
    CHECK(got.chosen->name == "system");
    CHECK(value_of(got, "malloc") == "jemalloc");
    CHECK(got.line().find("malloc jemalloc: dlsym") != std::string::npos);
}

TEST_CASE("a sanitizer comes before the platform and the goal") {
    request asked = android();
    watch(asked);
    CHECK(on(asked).rule == "sanitizer");
    asked = linux_machine(goal::hardened);
    watch(asked);
    CHECK(on(asked).rule == "sanitizer");
}

TEST_CASE("Valgrind comes before the platform and the goal") {
    request asked = android();
    run_on_valgrind(asked);
    CHECK(on(asked).rule == "valgrind");
    asked = linux_machine(goal::hardened);
    run_on_valgrind(asked);
    CHECK(on(asked).rule == "valgrind");
}

TEST_CASE("the platform comes before the goal") {
    request asked = android();
    asked.wanted = goal::footprint;
    CHECK(on(asked).rule == "android");
}

TEST_CASE("unknown facts decide nothing") {
    request asked = linux_machine();
    asked.facts = {};
    asked.facts.watching.origin.append("no symbol table");
    const decision got = on(asked);
    CHECK(got.rule == "throughput-mimalloc");
    CHECK(value_of(got, "malloc") == "unknown");
    CHECK(value_of(got, "sanitizer") == "unknown");
    CHECK(value_of(got, "valgrind") == "unknown");
}

TEST_CASE("the number of CPUs changes nothing") {
    request asked = linux_machine();
    for (const unsigned cpus : {1u, 4u, 256u}) {
        asked.facts.effective_cpus = found(cpus, "sched_getaffinity");
        CHECK(on(asked).chosen->name == "mimalloc");
    }
}

TEST_CASE("every row is noted, once, with what became of it") {
    const decision got = on(linux_machine(), " mimalloc ");
    REQUIRE(got.candidates.size() == candidates().size());
    for (std::size_t i = 0; i != got.candidates.size(); ++i) {
        CHECK(got.candidates[i].rule == candidates()[i].rule);
        CHECK_FALSE(got.candidates[i].why.empty());
    }
    REQUIRE(taken(got) != nullptr);
    CHECK(taken(got)->rule == "throughput-jemalloc");
    for (const candidate_note& note : got.candidates) {
        if (note.rule == "throughput-mimalloc") {
            CHECK(note.stands == standing::cannot_serve);
            CHECK(note.why == "its library was not found");
        }
        if (note.rule == "sanitizer") CHECK(note.stands == standing::not_suited);
        if (note.rule == "throughput-tbb") CHECK(note.stands == standing::not_tried);
    }
}

namespace {
int asked_count = 0;
std::string_view count_asking(const backend&) noexcept {
    ++asked_count;
    return {};
}
}  // namespace

TEST_CASE("no backend is asked whether it can serve without need") {
    request asked = linux_machine();
    asked.why_not = count_asking;
    asked_count = 0;
    CHECK(choose(asked).chosen->name == "mimalloc");
    CHECK(asked_count == 1);

    asked_count = 0;
    ask(asked, said_by::program, "jemalloc");
    CHECK(choose(asked).chosen->name == "jemalloc");
    CHECK(asked_count == 1);

    asked_count = 0;
    ask(asked, said_by::program, "nonesuch");
    CHECK_FALSE(choose(asked).ok());
    CHECK(asked_count == 0);
}

TEST_CASE("on request every row is tried, and the choice stays the same") {
    request asked = linux_machine();
    asked.try_all = true;
    const decision got = on(asked, " tbb ");
    CHECK(got == on(linux_machine()));
    bool passed = false, refused = false;
    for (const candidate_note& note : got.candidates) {
        CHECK(note.stands != standing::not_tried);
        passed = passed || (note.rule == "throughput-tcmalloc" && note.stands == standing::passed_over);
        refused = refused || (note.rule == "throughput-tbb" && note.stands == standing::cannot_serve);
    }
    CHECK(passed);
    CHECK(refused);
}

TEST_CASE("an unknown name is an error that lists the names") {
    request asked = linux_machine();
    ask(asked, said_by::environment, "mimaloc");
    decision got = on(asked);
    CHECK_FALSE(got.ok());
    CHECK(got.error() == "AUTOPMR_BACKEND asks for the backend \"mimaloc\", and there is none of that name (did you mean mimalloc?); "
                         "the names are: system, fixed_heap, mimalloc, jemalloc, tbb, tcmalloc, scudo, boost_pool, new_delete");
    ask(asked, said_by::environment, "MiMalloc");  // names are in small letters
    CHECK(std::string(on(asked).error()).find("(did you mean mimalloc?)") != std::string::npos);
    ask(asked, said_by::program, "hoard");
    CHECK(std::string(on(asked).error()).find("the program asks for the backend \"hoard\", and there is none of that name; the names") == 0);
    ask(asked, said_by::policy_file, "tcmalloc_minimal");
    CHECK(std::string(on(asked).error()).find("autopmr.toml:2:11 asks for the backend \"tcmalloc_minimal\", and there is none of that name (did you mean tcmalloc?)") == 0);
}

TEST_CASE("a name of any length and bytes gives an error, not a crash") {
    request asked = linux_machine();
    for (const std::string& name : {std::string(10000, 'x'), std::string("\xff\xfe\n\""), std::string(64, 'm')}) {
        ask(asked, said_by::environment, name);
        CHECK_FALSE(on(asked).ok());
    }
}

TEST_CASE("a backend that was asked for and can't serve is an error that says why and what could") {
    request asked = linux_machine();
    ask(asked, said_by::environment, "tcmalloc");
    const decision got = on(asked, " tcmalloc tbb ");
    CHECK_FALSE(got.ok());
    CHECK(got.error() == "AUTOPMR_BACKEND asks for tcmalloc, which can't serve here: its library was not found; these could: "
                         "system, mimalloc, jemalloc, scudo, boost_pool, new_delete");
    CHECK(got.candidates[0].stands == standing::cannot_serve);
    CHECK(&got.resource() == std::pmr::null_memory_resource());
}

TEST_CASE("hardened without scudo is the system's malloc under canaries, and says what is missing") {
    const decision got = on(linux_machine(goal::hardened), " scudo ");
    REQUIRE(got.ok());
    CHECK(got.chosen->name == "system");
    CHECK(got.under == guard::canary);
    CHECK(got.table().find("its library was not found") != std::string::npos);
    CHECK(static_cast<layer&>(got.resource()).name() == "canary");
    CHECK(&got.resource() == &on(linux_machine(goal::hardened), " scudo ").resource());  // one for the process
    void* const block = got.resource().allocate(100);
    got.resource().deallocate(block, 100);

    const decision none = on(linux_machine(goal::hardened), " scudo system ");
    CHECK_FALSE(none.ok());
    CHECK(none.error() == "nothing can serve goal hardened on linux; scudo: its library was not found; system under canary: its library was not found; "
                          "ask for another goal, or by name for one of: mimalloc, jemalloc, tbb, tcmalloc, boost_pool, new_delete");
}

TEST_CASE("no operating system needs the fixed heap") {
    CHECK(on(machine(operating_system::none, c_library::newlib)).chosen->name == "fixed_heap");
    const decision got = on(machine(operating_system::none, c_library::newlib), " mimalloc jemalloc tbb tcmalloc scudo boost_pool fixed_heap ");
    CHECK_FALSE(got.ok());
    CHECK(got.error() == "nothing can serve without an operating system; fixed_heap: it has no region of memory; ask by name for one of: system, new_delete");
}

TEST_CASE("what is wrong with the wishes is the answer") {
    request asked = linux_machine();
    asked.problem.append("AUTOPMR_GOAL asks for nonsense");
    const decision got = on(asked);
    CHECK_FALSE(got.ok());
    CHECK(got.error() == "AUTOPMR_GOAL asks for nonsense");
}

TEST_CASE("any table will do, an empty one too") {
    static const candidate only[] = {{find_backend("system"), "mine", [](const request&) noexcept { return verdict{true, "mine", 0}; },
        guard::none, "because I say so"}};
    CHECK(choose(linux_machine(), {only, 1}).rule == "mine");
    CHECK_FALSE(choose(linux_machine(), {}).ok());
}

TEST_CASE("this process gets something that serves") {
    const decision got = select();
    INFO(got.error());
    REQUIRE(got.ok());
    void* block = got.resource().allocate(100, 64);
    CHECK(block != nullptr);
    got.resource().deallocate(block, 100, 64);
    CHECK(got.tunings.empty());
}

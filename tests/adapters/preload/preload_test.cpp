// Real programs and real faults under libautopmr-preload.so.

#include "cli/run_program.hpp"
#include "support/catch.hpp"

#include <filesystem>
#include <fstream>
#include <string>

using namespace autopmr_test;

namespace {

std::string program(const std::string& name) {
    for (const char* folder : {"/usr/local/bin/", "/usr/bin/", "/bin/"})
        if (std::filesystem::exists(folder + name)) return folder + name;
    return {};
}

words guarded(const std::string& guard, const words& line, const words& more = {}) {
    words all{AUTOPMR_PROGRAM, "run", "-q", "--guard", guard};
    all.insert(all.end(), more.begin(), more.end());
    all.push_back("--");
    all.insert(all.end(), line.begin(), line.end());
    return all;
}

bool has_markers() {
    const outcome told = run_program({GUARD_MARKERS});
    return told.status == 0;
}

}  // namespace

TEST_CASE("good programs run as they do without a guard") {
    const std::filesystem::path folder = std::filesystem::temp_directory_path() / ("autopmr_preload_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "small.cpp") << "#include <cstddef>\nstruct pair { int a, b; };\nint sum(pair p) { return p.a + p.b; }\n";
    const words lines[] = {
        {"ls", "-l", "/usr/include"},
        {"git", "-C", AUTOPMR_SOURCE_DIR, "log", "--stat", "-5"},
        {"python3", "-c", "import json; print(sum(len(json.dumps({str(i): [i] * 10})) for i in range(2000)))"},
        {"sqlite3", ":memory:", "create table t(a, b); insert into t values(1, 'x'), (2, 'y'); select sum(a), group_concat(b) from t;"},
        {"g++", "-c", (folder / "small.cpp").string(), "-o", (folder / "small.o").string()},
    };
    for (const words& line : lines)
        for (const std::string guard : {"pages", "sampled"}) {
            CAPTURE(line.front(), guard);
            const std::string path = program(line.front());
            if (path.empty()) {
                WARN("skipped: there is no " + line.front() + " here");
                continue;
            }
            if (line.front() == "git" && !std::filesystem::exists(std::string(AUTOPMR_SOURCE_DIR) + "/.git")) {
                WARN("skipped: this is no git repository");
                continue;
            }
            if (guard == "pages" && line.front() == "g++" && !has_markers()) {
                WARN("skipped: the kernel has no guard markers, and a compiler has more blocks than mappings allow");
                continue;
            }
            words alone = line;
            alone.front() = path;
            const outcome bare = run_program(alone);
            const outcome here = run_program(guarded(guard, alone));
            CAPTURE(here.err);
            CHECK(here.status == bare.status);
            CHECK(here.out == bare.out);
            CHECK(here.err == bare.err);
            CHECK(bare.status == 0);
        }
    std::filesystem::remove_all(folder);
}

TEST_CASE("faults of malloc's users are found, each as early as can be") {
    struct row {
        const char* name;
        const char* says;  // null: can't be found, and is not
    };
    // Writes past the end in the alignment's slack, and before the block, are found by what they changed; reads there can't be. Of
    // two frees that race one is a double free.
    const row rows[] = {
        {"write_past_exact", "overrun"}, {"read_past_exact", "overrun"}, {"write_past_slack", "overrun"}, {"read_past_slack", nullptr},
        {"write_past_64", "overrun"}, {"write_far", "overrun"}, {"write_before", "underrun"}, {"write_before_16", "underrun"}, {"read_before", nullptr},
        {"read_page_before", "underrun"}, {"uaf_read", "use after free"}, {"uaf_write", "use after free"}, {"uaf_read_1k", "use after free"},
        {"uaf_read_30k", "use after free"}, {"uaf_realloc", "use after free"}, {"double_free", "double free"},
        {"double_free_delayed", "double free"}, {"double_free_racing", "double free"}, {"free_interior", "interior pointer"},
        {"realloc_freed", "double free"}, {"zero_size_read", "overrun"}, {"zero_size_write", "overrun"},
    };
    for (const auto& [name, says] : rows) {
        CAPTURE(name);
        const outcome end = run_program(guarded("pages", {PRELOAD_FAULTS, name}));
        CAPTURE(end.err);
        if (says == nullptr) {
            CHECK(end.status == 0);
            continue;
        }
        CHECK(end.signal == SIGABRT);
        CHECK(contains(end.err, std::string("autopmr: ") + says));
    }
    // What is not ours goes to the C library, which has its own word for it.
    CHECK(run_program(guarded("pages", {PRELOAD_FAULTS, "free_stack"})).signal == SIGABRT);
    CHECK(run_program(guarded("pages", {PRELOAD_FAULTS, "none"})).status == 0);
    CHECK(run_program(guarded("sampled", {PRELOAD_FAULTS, "none"}, {"--rate", "2"})).status == 0);
    CHECK(run_program(guarded("sampled", {PRELOAD_FAULTS, "uaf_write"}, {"--rate", "1"})).signal == SIGABRT);
}

TEST_CASE("sizes and alignments that operator delete is told are checked") {
    for (const auto& [name, says] : {std::pair{"wrong_size", "wrong size"}, {"wrong_alignment", "wrong alignment"}}) {
        const outcome end = run_program(guarded("pages", {PRELOAD_SIZES, name}));
        CAPTURE(name, end.err);
        CHECK(end.signal == SIGABRT);
        CHECK(contains(end.err, std::string("autopmr: ") + says));
    }
    const outcome good = run_program(guarded("pages", {PRELOAD_SIZES, "none"}));
    CAPTURE(good.err);
    CHECK(good.status == 0);
}

TEST_CASE("without guard markers the budget of mappings decides, as it was told to") {
    // A few thousand live blocks need two mappings each.
    const words line{PRELOAD_MANY, "60000"};
    const words by_mprotect{"AUTOPMR_GUARD_MARKERS=0"};
    const outcome refused = run_program(guarded("pages", line, {"--exhausted", "refuse"}), by_mprotect);
    CAPTURE(refused.err);
    CHECK(refused.status == 1);
    CHECK(contains(refused.out, "no memory after "));
    const outcome passed = run_program(guarded("pages", line, {"--exhausted", "pass"}), by_mprotect);
    CHECK(passed.status == 0);
    CHECK(contains(passed.out, "60000 blocks"));
}

TEST_CASE("what can't be done is said in one line") {
    const auto fails = [](const words& line, const std::string& part) {
        const outcome end = run_program(line);
        CAPTURE(end.err);
        CHECK(end.status == 125);
        CHECK(contains(end.err, part));
    };
    fails({AUTOPMR_PROGRAM, "run", "--guard", "pages", "--backend", "mimalloc", "--", PRELOAD_FAULTS}, "--guard takes the place of an allocator");
    fails({AUTOPMR_PROGRAM, "run", "--exhausted", "pass", "--", PRELOAD_FAULTS}, "give --guard too");
    fails({AUTOPMR_PROGRAM, "run", "--guard", "paper", "--", PRELOAD_FAULTS}, "paper");
    const outcome odd = run_program(guarded("pages", {PRELOAD_FAULTS, "none"}), {"AUTOPMR_GUARD_EXHAUSTED=never"});
    CHECK(odd.status == 0);
    CHECK(contains(odd.err, "AUTOPMR_GUARD_EXHAUSTED is \"never\""));
}

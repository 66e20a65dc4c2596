// `autopmr info`, `explain` and `check`, and the words all commands share.

#include "cli/run_program.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

using namespace autopmr_test;
using nlohmann::json;

namespace {

void fails(const outcome& end, int status, const std::string& part) {
    CAPTURE(end.err);
    CHECK(end.status == status);
    CHECK(is_one_line(end.err));
    CHECK(contains(end.err, "autopmr: "));
    CHECK(contains(end.err, part));
}

}  // namespace

TEST_CASE("every command has a help with examples and exit statuses") {
    const outcome all = autopmr_with({"--help"});
    CHECK(all.status == 0);
    CHECK(all.err.empty());
    for (const char* command : {"info", "explain", "check", "run", "trace", "explain-fault"}) {
        CAPTURE(command);
        CHECK(contains(all.out, std::string("  ") + command + " "));
        const outcome end = autopmr_with({command, "--help"});
        CHECK(end.status == 0);
        CHECK(end.err.empty());
        CHECK(contains(end.out, "Usage: autopmr " + std::string(command)));
        CHECK(contains(end.out, "Examples:\n  "));
        CHECK(contains(end.out, "Exit status:\n  "));
    }
    // The manual shows them as they are.
    std::ifstream manual(AUTOPMR_SOURCE_DIR "/docs/cli.md");
    const std::string text{std::istreambuf_iterator<char>(manual), {}};
    CHECK(contains(text, "```text\n" + all.out + "```\n"));
    for (const char* command : {"info", "explain", "check", "run", "trace", "explain-fault"}) CHECK(contains(text, "```text\n" + autopmr_with({command, "--help"}).out + "```\n"));
    const outcome version = autopmr_with({"--version"});
    CHECK(version.status == 0);
    CHECK(version.out == "autopmr " AUTOPMR_VERSION "\n");
}

TEST_CASE("a wrong command line is one line on standard error and status 2") {
    fails(autopmr_with({}), 2, "no command given: use one of info, explain, check, run, trace, explain-fault");
    fails(autopmr_with({"inform"}), 2, "unknown command 'inform'");
    fails(autopmr_with({"--verbose"}), 2, "unknown option '--verbose'");
    fails(autopmr_with({"info", "--xml"}), 2, "--xml; see 'autopmr info --help'");
    fails(autopmr_with({"info", "--pid"}), 2, "--pid");
    fails(autopmr_with({"check"}), 2, "--expect is required");
    fails(autopmr_with({"check", "--expect", "nosuch"}), 2, "unknown backend 'nosuch': use one of ");
    fails(autopmr_with({"explain", "--goal", "speed"}), 2, "unknown goal 'speed': use one of throughput, footprint, hardened");
    fails(autopmr_with({"explain", "--platform", "beos"}), 2, "unknown platform 'beos': use one of none, linux, ");
    fails(autopmr_with({"explain", "--probe-root", "/no/such/folder"}), 2, "is no folder");
    for (const char* option : {"--goal", "--backend", "--platform", "--probe-root"}) fails(autopmr_with({"explain", option, ""}), 2, option);
    fails(autopmr_with({"run", "--backend", "", "--", CLI_CHILD}), 125, "--backend");
}

TEST_CASE("info shows facts with their origin, backends with reasons, the choice and other allocators' variables") {
    const words   settings{"MALLOC_CONF=narenas:2", "MIMALLOC_SHOW_STATS=0", "SCUDO_OPTIONS=a=b", "MALLOC_ARENA_MAX=1", "MALLOCX=1"};
    const outcome text = autopmr_with({"info"}, settings), as_json = autopmr_with({"info", "--json"}, settings);
    CHECK(text.status == 0);
    for (const char* part : {"Machine\n", "Backends\n", "Decision\n", "page_size", "MALLOC_CONF", "for jemalloc", "narenas:2", "SCUDO_OPTIONS"}) CHECK(contains(text.out, part));
    CHECK_FALSE(contains(text.out, "MALLOCX"));
    CHECK_FALSE(contains(text.out, "\x1b["));  // not a terminal

    REQUIRE(as_json.status == 0);
    const json all = json::parse(as_json.out);
    CHECK(all["autopmr"] == AUTOPMR_VERSION);
    CHECK(all["machine"]["page_size"]["value"] == ::sysconf(_SC_PAGESIZE));
    for (const auto& [name, fact] : all["machine"].items()) {
        CAPTURE(name);
        CHECK(fact.contains("value"));
        CHECK(fact["origin"].is_string());
    }
    CHECK(all["backends"].size() >= 8);
    for (const json& one : all["backends"]) {
        CAPTURE(one.dump());
        CHECK(one["serves"].get<bool>() == one["why_not"].get<std::string>().empty());
    }
    CHECK(all["decision"]["backend"].is_string());
    CHECK(all["environment"].size() >= 4);
}

TEST_CASE("info --pid tells whose malloc a process uses, or why it can't") {
    const waiting_program child({CLI_CHILD, "wait"});
    const outcome         text = autopmr_with({"info", "--pid", std::to_string(child.pid())});
    CHECK(text.status == 0);
    CHECK(contains(text.out, "malloc     libc (glibc)"));
    const json report = json::parse(autopmr_with({"info", "--json", "--pid", std::to_string(child.pid())}).out);
    CHECK(report["pid"] == child.pid());
    CHECK(report["malloc"] == "libc (glibc)");
    CHECK(report["program"] == CLI_CHILD);
    fails(autopmr_with({"info", "--pid", "99999999"}), 1, "does not exist");
    fails(autopmr_with({"info", "--pid", "me"}), 2, "'me' is no process id");
    fails(autopmr_with({"info", "--pid", "1\n2"}), 2, "'1?2' is no process id");
    CHECK(autopmr_with({"check", "--pid", std::to_string(child.pid()), "--expect", "libc"}).status == 0);
    CHECK(autopmr_with({"check", "--pid", std::to_string(child.pid()), "--expect", "system"}).status == 0);
    CHECK(autopmr_with({"check", "--pid", std::to_string(child.pid()), "--expect", "jemalloc"}).status == 1);
    fails(autopmr_with({"check", "--pid", "99999999", "--expect", "system"}), 2, "does not exist");
}

TEST_CASE("check compares the choice") {
    const std::string chosen = json::parse(autopmr_with({"info", "--json"}).out)["decision"]["backend"];
    const outcome     match = autopmr_with({"check", "--expect", chosen});
    CHECK(match.status == 0);
    CHECK(is_one_line(match.out));
    CHECK(contains(match.out, "as expected: " + chosen));
    const outcome other = autopmr_with({"check", "--expect", "boost_pool"});
    CHECK(other.status == 1);
    CHECK(is_one_line(other.out));
    CHECK(contains(other.out, "not as expected: expected boost_pool, got " + chosen));
    CHECK(autopmr_with({"check", "--expect", "new_delete"}, {"AUTOPMR_BACKEND=new_delete"}).status == 0);
    fails(autopmr_with({"check", "--expect", "system"}, {"AUTOPMR_BACKEND=nosuch"}), 2, "nosuch");
    fails(autopmr_with({"check", "--expect", "system"}, {"AUTOPMR_GOAL=speed"}), 2, "speed");
}

TEST_CASE("explain shows the rules with the row that fired, for any platform") {
    const outcome here = autopmr_with({"explain"});
    CHECK(here.status == 0);
    CHECK(contains(here.out, "\n  =>  "));
    CHECK(contains(here.out, "taken"));
    const auto chosen_on = [](const char* platform, const char* goal = "throughput") {
        const outcome end = autopmr_with({"explain", "--json", "--platform", platform, "--goal", goal});
        return end.out.empty() ? std::string() : json::parse(end.out)["backend"].dump();
    };
    for (const char* platform : {"android", "ios", "tvos", "watchos", "freebsd", "netbsd", "openbsd", "dragonfly", "solaris", "illumos", "webassembly", "other"}) {
        CAPTURE(platform);
        CHECK(chosen_on(platform) == "\"system\"");
    }
    CHECK(chosen_on("macos") == "\"mimalloc\"");
    CHECK(chosen_on("windows") == "\"mimalloc\"");
    CHECK(chosen_on("windows", "hardened") == "\"scudo\"");
    CHECK(chosen_on("linux-musl", "footprint") == "\"jemalloc\"");
    CHECK(chosen_on("none") == "\"fixed_heap\"");
}

TEST_CASE("what a policy file warns of is shown with the decision") {
    const scratch_folder folder;
    const std::string    file = folder.file("p.toml", "[subsystem.a]\nlimit = 1000\n[subsystem.a.b]\nlimit = 2000\n");
    for (const char* command : {"info", "explain"}) CHECK(contains(autopmr_with({command}, {"AUTOPMR_POLICY=" + file}).out, "  note: " + file + ":4:9: "));
}

TEST_CASE("explain reads the facts below another root") {
    const scratch_folder root;
    std::filesystem::create_directories(root.path() + "/proc");
    root.file("proc/meminfo", "MemTotal:       1048576 kB\n");
    const outcome end = autopmr_with({"explain", "--probe-root", root.path()});
    CHECK(end.status == 0);
    CHECK(contains(end.out, "below " + root.path()));
}

TEST_CASE("output that can't be written is an error") {
    const outcome full = run_program({"/bin/sh", "-c", std::string("'") + AUTOPMR_PROGRAM + "' info > /dev/full"});
    CHECK(full.status == 1);
    CHECK(contains(full.err, "autopmr: can't write to standard output"));
}

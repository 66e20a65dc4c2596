// What the environment and the policy file ask for: each case in a process of its own.

#include <autopmr/selector.hpp>

#include "support/catch.hpp"
#include "support/child_wishes.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory_resource>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

using namespace autopmr;
using namespace autopmr_test;
namespace fs = std::filesystem;

TEST_CASE("AUTOPMR_BACKEND is heard, after the program") {
    must_pass([] {
        only("AUTOPMR_BACKEND", "new_delete");
        const decision got = select();
        need(got.ok() && got.chosen->name == "new_delete" && got.rule == "asked-environment");
        need(got.facts[0].origin.view() == "AUTOPMR_BACKEND");
        need(select(named("system")).rule == "asked-program");
        only("AUTOPMR_BACKEND", "");
        need(select().rule.substr(0, 6) != "asked-");
        only("AUTOPMR_BACKEND", "sytsem");
        need(!select().ok());
        need(select().error().find("AUTOPMR_BACKEND asks for the backend \"sytsem\"") == 0);
        need(!install_default().ok());
        need(std::pmr::get_default_resource() == std::pmr::new_delete_resource());
        return 0;
    });
}

TEST_CASE("AUTOPMR_GOAL is heard, after the program") {
    must_pass([] {
        only("AUTOPMR_GOAL", "footprint");
        need(gather().wanted == goal::footprint && gather().wanted_by == said_by::environment);
        need(gather(wanting(goal::hardened)).wanted == goal::hardened);
        only("AUTOPMR_GOAL", "fast");
        need(select().error() == "AUTOPMR_GOAL asks for \"fast\", which is no goal; the goals are: throughput, footprint, hardened");
        need(select(wanting(goal::throughput)).ok());
        only("AUTOPMR_GOAL", "troughput");
        need(select().error().find("(did you mean throughput?)") != std::string_view::npos);
        return 0;
    });
}

TEST_CASE("the policy file is heard, after the environment and the program") {
    const fs::path file = fs::temp_directory_path() / ("autopmr-selector-test-" + std::to_string(::getpid()) + ".toml");
    std::ofstream(file) << "backend = \"new_delete\"\ngoal = \"footprint\"\n";
    must_pass([&] {
        only("AUTOPMR_POLICY", file.c_str());
        const decision got = select();
        if (got.ok() && got.rule != "asked-file") std::cerr << got.line();
        need(got.ok() && got.rule == "asked-file");
        need(got.chosen->name == "new_delete" && got.wanted == goal::footprint);
        need(got.facts[0].origin.view().find(file.string() + ":1") == 0);
        ::setenv("AUTOPMR_BACKEND", "system", 1);
        ::setenv("AUTOPMR_GOAL", "throughput", 1);
        need(select().rule == "asked-environment" && select().wanted == goal::throughput);
        need(select(named("new_delete")).rule == "asked-program");
        return 0;
    });
    std::ofstream(file) << "backend = 7\n";
    must_pass([&] {
        only("AUTOPMR_POLICY", file.c_str());
        need(!install_default().ok());
        need(select().error().find(file.string() + ":1") == 0);
        need(std::pmr::get_default_resource() == std::pmr::new_delete_resource());
        return 0;
    });
    fs::remove(file);
}

TEST_CASE("it is silent unless AUTOPMR_VERBOSE asks for one line") {
    const auto install = [](const char* value) {
        return must_pass([value] {
            only("AUTOPMR_VERBOSE", value);
            install_default(named("system"));
            install_default(named("system"));
            return 0;
        });
    };
    CHECK(install("1") == "autopmr: system by rule asked-program: asked for by name (backend system: the program)\n");
    CHECK(install("0").empty());
    CHECK(install("").empty());
    CHECK(must_pass([] {
              only("AUTOPMR_VERBOSE", "1");
              install_default(named("nonesuch"));
              return 0;
          }).find("autopmr: error: the program asks for the backend \"nonesuch\"") == 0);
}

// Run as a set-uid copy by the next case: what the environment asked for must not be heard.
TEST_CASE("a set-uid program does not hear the environment: the copy", "[.copy]") {
    const request asked = gather();
    std::cout << "heard: " << asked.backend.view() << ", secure: " << (::geteuid() != ::getuid()) << '\n';
}

TEST_CASE("a set-uid program does not hear the environment") {
    if (::geteuid() != 0) {
        WARN("skipped: only root can make a set-uid program for somebody else");
        return;
    }
    const fs::path copy = fs::temp_directory_path() / ("autopmr-setuid-test-" + std::to_string(::getpid()));
    fs::copy_file("/proc/self/exe", copy);
    ::chmod(copy.c_str(), 04755);
    const fs::path said = copy.string() + ".out";
    const auto     end = in_child([&] {
        only("AUTOPMR_BACKEND", "new_delete");
        FILE* const out = std::freopen(said.c_str(), "w", stdout);
        if (out == nullptr || ::setgid(65534) != 0 || ::setuid(65534) != 0) return 1;
        ::execl(copy.c_str(), copy.c_str(), "[.copy]", static_cast<char*>(nullptr));
        return 2;
    });
    std::ifstream     in(said);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    fs::remove(copy);
    fs::remove(said);
    INFO(end.error << text);
    if (end.exit_status != 0 || text.find("secure: 1") == std::string::npos) {
        WARN("skipped: a set-uid copy can't run here (nosuid mount, or its libraries can't be read by others): " << end.error);
        return;
    }
    CHECK(text.find("heard: , secure: 1") != std::string::npos);
}

// `autopmr run`, on real programs.

#include "cli/run_program.hpp"
#include "src/cli/command.hpp"
#include "src/cli/library_search.hpp"
#include "support/catch.hpp"

#include <sys/xattr.h>

using namespace autopmr_test;

namespace {

constexpr const char* files[][2] = {{"mimalloc", "libmimalloc.so.2"}, {"jemalloc", "libjemalloc.so.2"}, {"tcmalloc", "libtcmalloc_minimal.so.4"}, {"tbb", "libtbbmalloc_proxy.so.2"}};

bool is_here(const std::string& file) {
    return !autopmr::cli::library_search().find(file, autopmr::cli::elf_file(CLI_CHILD).kind()).empty();
}

// The first backend that can be preloaded here, and its library's name up to the dot.
std::pair<std::string, std::string> any_backend() {
    for (const auto& [backend, file] : files)
        if (is_here(file)) return {backend, std::string(file).substr(0, std::string(file).find('.'))};
    return {};
}

void skip(const std::string& reason) { WARN("skipped: " + reason); }

void fails(const outcome& end, int status, const std::string& part) {
    CAPTURE(end.err);
    CHECK(end.status == status);
    CHECK(end.out.empty());
    CHECK(is_one_line(end.err));
    CHECK(contains(end.err, "autopmr: "));
    CHECK(contains(end.err, part));
}

}  // namespace

TEST_CASE("each allocator serves the program that was started on it") {
    for (const auto& [backend, file] : files) {
        CAPTURE(backend);
        if (!is_here(file)) {
            WARN(std::string("skipped: ") + file + " is not here");
            fails(autopmr_with({"run", "--backend", backend, "--", CLI_CHILD}), 125, std::string(file) + " for ");
            continue;
        }
        const std::string name = std::string(file).substr(0, std::string(file).find('.'));
        const outcome     end = autopmr_with({"run", "--backend", backend, "--", CLI_CHILD});
        CHECK(end.status == 0);
        CHECK(contains(end.out, "malloc from "));
        CHECK(contains(end.out, name));
        CHECK(contains(end.out, "process " + std::to_string(end.pid)));  // the program took autopmr's place
        CHECK(is_one_line(end.err));
        CHECK(contains(end.err, std::string(backend) + ": LD_PRELOAD="));
        const waiting_program waits({AUTOPMR_PROGRAM, "run", "-q", "-b", backend, CLI_CHILD, "wait"});
        CHECK(autopmr_with({"check", "--pid", std::to_string(waits.pid()), "--expect", backend}).status == 0);
        CHECK(autopmr_with({"check", "--pid", std::to_string(waits.pid()), "--expect", "system"}).status == 1);
    }
}

TEST_CASE("scudo comes from the compiler's folder, or is missing with its package's name") {
    const outcome end = autopmr_with({"run", "--backend", "scudo", "--", CLI_CHILD});
    if (end.status == 0) CHECK(contains(end.out, "scudo_standalone"));
    else fails(end, 125, "libclang_rt.scudo_standalone for ");
}

TEST_CASE("system preloads nothing") {
    const outcome end = autopmr_with({"run", "--backend", "system", CLI_CHILD});
    CHECK(end.status == 0);
    CHECK(contains(end.out, "libc"));
    CHECK(contains(end.err, "system: nothing preloaded"));
}

TEST_CASE("the choice is made from the goal, by the command line before the environment") {
    const outcome footprint = autopmr_with({"run", "--goal", "footprint", CLI_CHILD}, {"AUTOPMR_GOAL=throughput"});
    CHECK(footprint.status == 0);
    CHECK(contains(footprint.err, "on system: "));
    CHECK(autopmr_with({"run", CLI_CHILD}, {"AUTOPMR_GOAL=footprint"}).err == footprint.err);
    CHECK(contains(autopmr_with({"run", CLI_CHILD}, {"AUTOPMR_BACKEND=system"}).err, "on system: "));
    if (const auto [backend, file] = any_backend(); !backend.empty()) {
        const outcome free_choice = autopmr_with({"run", CLI_CHILD});
        CHECK(contains(free_choice.err, "on " + backend + ": "));
        CHECK(contains(free_choice.out, file));
    }
}

TEST_CASE("arguments, exit status and signals are the program's own") {
    const outcome words = autopmr_with({"run", "-q", "-b", "system", "--", CLI_CHILD, "arguments", "--goal", "-x", "", "a b", "--", "info"});
    CHECK(contains(words.out, std::string("[") + CLI_CHILD + "]\n[arguments]\n[--goal]\n[-x]\n[]\n[a b]\n[--]\n[info]\n"));
    CHECK(words.err.empty());
    CHECK(autopmr_with({"run", "-q", CLI_CHILD, "exit", "0"}).status == 0);
    CHECK(autopmr_with({"run", "-q", CLI_CHILD, "exit", "77"}).status == 77);
    CHECK(autopmr_with({"run", "-q", CLI_CHILD, "signal", "15"}).signal == 15);
    CHECK(autopmr_with({"run", "-q", CLI_CHILD, "signal", "9"}).signal == 9);
}

TEST_CASE("what comes after run's own options is the program's line") {
    using autopmr::cli::take_program_line;
    const auto split = [](words line) {
        const words rest = take_program_line(line);
        return std::pair{line, rest};
    };
    CHECK(split({"run"}) == std::pair{words{"run"}, words{}});
    CHECK(split({"run", "ls", "-l"}) == std::pair{words{"run"}, words{"ls", "-l"}});
    CHECK(split({"run", "--", "info", "--help"}) == std::pair{words{"run"}, words{"info", "--help"}});
    CHECK(split({"run", "-b", "tbb", "-q", "x"}) == std::pair{words{"run", "-b", "tbb", "-q"}, words{"x"}});
    CHECK(split({"run", "--backend=tbb", "--", "--", "x"}) == std::pair{words{"run", "--backend=tbb"}, words{"--", "x"}});
    CHECK(split({"run", "--goal"}) == std::pair{words{"run", "--goal"}, words{}});
    CHECK(split({"run", "--help"}) == std::pair{words{"run", "--help"}, words{}});
    CHECK(split({"run", "-"}) == std::pair{words{"run"}, words{"-"}});
}

TEST_CASE("an LD_PRELOAD that is there is kept, before ours") {
    const auto [backend, file] = any_backend();
    if (backend.empty()) return skip("no allocator to preload is here");
    const outcome end = autopmr_with({"run", "-b", backend, CLI_CHILD}, {"LD_PRELOAD=libm.so.6", "ASAN_OPTIONS=verify_asan_link_order=0"});
    CHECK(end.status == 0);
    CHECK(contains(end.out, file));
    CHECK(contains(end.err, "LD_PRELOAD=libm.so.6:/"));
}

TEST_CASE("an allocator in LD_PRELOAD stays, and another one is refused") {
    if (!is_here("libmimalloc.so.2") || !is_here("libjemalloc.so.2")) return skip("needs libmimalloc.so.2 and libjemalloc.so.2");
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return skip("the sanitizer in autopmr itself does not let another malloc be preloaded");
#else
    const words   jemalloc{"LD_PRELOAD=libjemalloc.so.2"};
    const outcome stays = autopmr_with({"run", CLI_CHILD}, jemalloc);
    CHECK(contains(stays.out, "libjemalloc"));
    CHECK(contains(stays.err, "on system: nothing preloaded, LD_PRELOAD keeps "));
    CHECK(contains(autopmr_with({"run", "-b", "jemalloc", CLI_CHILD}, jemalloc).err, "already"));
    fails(autopmr_with({"run", "-b", "mimalloc", CLI_CHILD}, jemalloc), 125, "LD_PRELOAD already brings jemalloc");
#endif
}

TEST_CASE("scripts are followed to their interpreter") {
    const auto [backend, file] = any_backend();
    if (backend.empty()) return skip("no allocator to preload is here");
    const scratch_folder folder;
    const std::string    body = "grep -m1 -o '" + file + "' /proc/self/maps; echo \"$1\"; exit 3\n";
    for (const std::string& script : {folder.file("plain", "#!/bin/sh\n" + body, 0755), folder.file("env", "#!/usr/bin/env sh\n" + body, 0755),
                                      folder.file("options", "#! /bin/sh -e\n" + body, 0755), folder.file("none", body, 0755),
                                      folder.file("twice", "#!" + folder.file("inner", "#!/bin/sh\n" + body, 0755) + "\n" + body, 0755)}) {
        CAPTURE(script);
        const outcome end = autopmr_with({"run", "-b", backend, "--", script, "first word"});
        CHECK(end.status == 3);
        CHECK(contains(end.out, file));
        if (!contains(script, "twice")) CHECK(contains(end.out, "first word"));
    }
    fails(autopmr_with({"run", folder.file("lost", "#!/no/such/interpreter\n", 0755)}), 126, "'/no/such/interpreter' does not exist");
    fails(autopmr_with({"run", folder.file("bare", "#!\n", 0755)}), 126, "names no interpreter");
    const std::string circle = folder.path() + "/circle";
    fails(autopmr_with({"run", folder.file("circle", "#!" + circle + "\n", 0755)}), 126, "without an end");
}

TEST_CASE("programs that can't be started say why, with env's exit statuses") {
    const scratch_folder folder;
    fails(autopmr_with({"run"}), 125, "no program given");
    fails(autopmr_with({"run", "--"}), 125, "no program given");
    fails(autopmr_with({"run", "--", folder.path() + "/none"}), 127, "No such file");
    fails(autopmr_with({"run", "no-such-program-anywhere"}), 127, "along PATH");
    fails(autopmr_with({"run", ""}), 127, "No such file");
    fails(autopmr_with({"run", folder.path()}), 126, "a directory");
    fails(autopmr_with({"run", folder.file("text", "echo\n", 0644)}), 126, "not executable");
    fails(autopmr_with({"run", folder.file("empty", "", 0755)}), 126, "it is empty");
    fails(autopmr_with({"run", folder.file("garbage", std::string("\x01\x02\0\x03", 4), 0755)}), 126, "neither an ELF program nor a script");
    std::ifstream     child(CLI_CHILD, std::ios::binary);
    std::string       elsewhere{std::istreambuf_iterator<char>(child), {}};
    elsewhere.at(18) = 22;  // e_machine: S/390
    elsewhere.at(19) = 0;
    fails(autopmr_with({"run", "--quiet", folder.file("elsewhere", elsewhere, 0755)}), 126, "this machine runs no ");
    fails(autopmr_with({"run", folder.file("cut", std::string("\x7f" "ELF\x02\x01\x01") + std::string(30, '\0'), 0755)}), 126, "damaged ELF file");
    fails(autopmr_with({"run", "tool"}, {"PATH=" + folder.path()}), 127, "can't find 'tool'");
    folder.file("tool", "", 0644);
    fails(autopmr_with({"run", "tool"}, {"PATH=" + folder.path()}), 126, "not executable");
}

TEST_CASE("programs that nothing can be preloaded into are refused, with the reason") {
    const auto [backend, file] = any_backend();
    if (backend.empty()) return skip("no allocator to preload is here");
    const scratch_folder folder;
    fails(autopmr_with({"run", "-b", backend, folder.copy(CLI_CHILD, "set-uid", 04755)}), 126, "is set-uid");
    fails(autopmr_with({"run", "-b", backend, folder.copy(CLI_CHILD, "set-gid", 02755)}), 126, "is set-gid");
    fails(autopmr_with({"run", "-b", backend, CLI_OWN_MALLOC}), 126, "the executable brings a malloc of its own");
    if (std::string(CLI_STATIC).empty()) WARN("skipped: no static C library is here");
    else fails(autopmr_with({"run", "-b", backend, CLI_STATIC}), 126, "statically linked");

    const std::string capable = folder.copy(CLI_CHILD, "capable", 0755);
    // cap_net_bind_service, permitted and effective, in the kernel's layout of version 2.
    const unsigned char capability[20] = {1, 0, 0, 2, 0, 4};
    if (::setxattr(capable.c_str(), "security.capability", capability, sizeof capability, 0) == 0)
        fails(autopmr_with({"run", "-b", backend, capable}), 126, "file capabilities");
    else WARN("skipped: file capabilities can't be set here");

    // Left alone, such programs run as they are.
    CHECK(autopmr_with({"run", "-b", "system", folder.copy(CLI_CHILD, "alone", 04755)}).status == 0);
    CHECK(contains(autopmr_with({"run", CLI_OWN_MALLOC}).err, "on system: nothing preloaded"));
}

TEST_CASE("a program of another kind gets no library of this one") {
    const auto [backend, file] = any_backend();
    if (backend.empty()) return skip("no allocator to preload is here");
    std::ifstream in(CLI_CHILD, std::ios::binary);
    std::string   bytes{std::istreambuf_iterator<char>(in), {}};
    bytes[18] = 22;  // s390
    const scratch_folder folder;
    fails(autopmr_with({"run", "-b", backend, folder.file("foreign", bytes, 0755)}), 125, "s390 programs was not found, only ");
}

TEST_CASE("unknown names and backends that can't be preloaded list what could be used") {
    fails(autopmr_with({"run", "-b", "nosuch", CLI_CHILD}), 125, "unknown backend 'nosuch': use one of ");
    fails(autopmr_with({"run", "-g", "speed", CLI_CHILD}), 125, "unknown goal 'speed': use one of throughput, footprint, hardened");
    fails(autopmr_with({"run", CLI_CHILD}, {"AUTOPMR_BACKEND=nosuch"}), 125, "nosuch");
    fails(autopmr_with({"run", "--colour", CLI_CHILD}), 125, "--colour");
    for (const char* backend : {"boost_pool", "new_delete", "fixed_heap"}) {
        CAPTURE(backend);
        const outcome end = autopmr_with({"run", "-b", backend, CLI_CHILD});
        fails(end, 125, "can't be preloaded");
        CHECK(contains(end.err, "system"));
    }
}

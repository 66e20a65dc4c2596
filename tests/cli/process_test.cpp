#include "src/cli/process.hpp"

#include "cli/run_program.hpp"
#include "src/cli/library_search.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace autopmr::cli;
using namespace autopmr_test;

namespace {

malloc_report look_at(const waiting_program& program) { return inspect_process(program.pid()); }

std::string refusal(long pid, const std::string& proc) {
    try {
        return inspect_process(pid, proc).because;
    } catch (const no_report& why) {
        return why.what();
    }
}

bool also(const malloc_report& report, const std::string& owner) {
    return std::any_of(report.also_loaded.begin(), report.also_loaded.end(), [&](const loaded_allocator& one) { return one.owner == owner; });
}

}  // namespace

TEST_CASE("a plain process uses the C library's malloc") {
    const waiting_program child({CLI_CHILD, "wait"});
    const malloc_report   report = look_at(child);
    CHECK(report.owner == "libc (glibc)");
    CHECK(contains(report.file, "libc"));
    CHECK(contains(report.because, "in the dynamic linker's own order"));
    CHECK(report.program == CLI_CHILD);
    CHECK(report.notes.empty());
    CHECK(report.also_loaded.empty());
}

TEST_CASE("preloaded allocators are recognised by what they export") {
    const library_search libraries;
    const elf_kind       kind = elf_file(CLI_CHILD).kind();
    int                  seen = 0;
    for (const auto& [file, owner] : {std::pair{"libmimalloc.so.2", "mimalloc"}, {"libjemalloc.so.2", "jemalloc"},
                                      {"libtcmalloc_minimal.so.4", "tcmalloc"}, {"libtbbmalloc_proxy.so.2", "tbb"}}) {
        CAPTURE(file);
        if (libraries.find(file, kind).empty()) {
            WARN(std::string("skipped: ") + file + " is not here");
            continue;
        }
        ++seen;
        const waiting_program child({CLI_CHILD, "wait"}, {std::string("LD_PRELOAD=") + file, "MALLOC_CONF=narenas:1", "MIMALLOC_VERBOSE=0"});
        const malloc_report   report = look_at(child);
        CHECK(report.owner == owner);
        CHECK(contains(report.file, std::string(file).substr(0, 9)));
        CHECK(contains(child.printed(), std::string(file).substr(0, 9)));  // the program itself says the same
        CHECK(also(report, "libc (glibc)"));
        CHECK(report.settings.size() == 3);
    }
    if (seen == 0) WARN("skipped: no allocator to preload is here");
}

TEST_CASE("without the right to read its memory the order comes from the files") {
    // A folder that stands for the process, and lacks its memory: what /proc is to an unprivileged user under Yama.
    const library_search  libraries;
    const bool            here = !libraries.find("libjemalloc.so.2", elf_file(CLI_CHILD).kind()).empty();
    const waiting_program child({CLI_CHILD, "wait"}, {here ? "LD_PRELOAD=libjemalloc.so.2" : "LD_PRELOAD"});
    const scratch_folder  proc;
    const std::string     from = "/proc/" + std::to_string(child.pid()), folder = proc.path() + "/" + std::to_string(child.pid());
    std::filesystem::create_directory(folder);
    for (const char* name : {"maps", "environ", "exe", "root", "comm", "stat"}) std::filesystem::create_symlink(from + "/" + name, folder + "/" + name);
    std::filesystem::remove(folder + "/exe");
    std::filesystem::create_symlink(CLI_CHILD, folder + "/exe");
    const malloc_report report = inspect_process(child.pid(), proc.path());
    CHECK(report.owner == (here ? "jemalloc" : "libc (glibc)"));
    CHECK(contains(report.because, "worked out from the files"));
}

TEST_CASE("an executable with a malloc of its own is told from its libraries") {
    const waiting_program child({CLI_OWN_MALLOC});
    const malloc_report   report = look_at(child);
    CHECK(report.owner == "its own");
    CHECK(report.file == CLI_OWN_MALLOC);
    CHECK(contains(report.because, "executable itself exports malloc"));
    CHECK(also(report, "libc (glibc)"));
}

TEST_CASE("a static executable is told by what is in it") {
    if (std::string(CLI_STATIC).empty()) {
        WARN("skipped: no static C library is here");
        return;
    }
    const waiting_program child({CLI_STATIC});
    const malloc_report   report = look_at(child);
    CHECK(report.owner == "libc (glibc)");
    CHECK(report.file == CLI_STATIC);
    CHECK(contains(report.because, "statically linked"));
}

TEST_CASE("an executable that was deleted meanwhile is still read") {
    const scratch_folder  folder;
    const std::string     copy = folder.copy(CLI_OWN_MALLOC, "copy with blanks", 0755);
    const waiting_program child({copy});
    std::filesystem::remove(copy);
    const malloc_report report = look_at(child);
    CHECK(report.owner == "its own");
    CHECK(report.file == copy);
    REQUIRE(report.notes.size() == 1);
    CHECK(contains(report.notes[0], "was deleted or replaced"));
}

TEST_CASE("a container's own files are read, not those of the same name here") {
    const library_search libraries;
    const elf_file       child(CLI_CHILD);
    const std::string    allocator = libraries.find("libjemalloc.so.2", child.kind());
    if (::getuid() != 0 || ::access("/usr/sbin/chroot", X_OK) != 0 || allocator.empty()) {
        WARN("skipped: needs root, chroot and libjemalloc.so.2");
        return;
    }
    const scratch_folder root;
    const auto           put = [&](const std::string& from, const std::string& to) {
        std::filesystem::create_directories(std::filesystem::path(root.path() + to).parent_path());
        std::filesystem::copy_file(from, root.path() + to, std::filesystem::copy_options::skip_existing);
    };
    put(CLI_CHILD, "/bin/child");
    put(child.interpreter(), child.interpreter());
    put(allocator, "/opt/only-in-here.so");
    const elf_file library(allocator);
    for (const elf_file* file : {&child, &library})
        for (const std::string& name : file->needed()) put(libraries.find(name, child.kind()), "/lib/" + name);
    for (const char* name : {"libm.so.6", "libgcc_s.so.1"})
        if (const std::string path = libraries.find(name, child.kind()); !path.empty()) put(path, std::string("/lib/") + name);
    const waiting_program inside({"/usr/sbin/chroot", root.path(), "/bin/child", "wait"}, {"LD_PRELOAD=/opt/only-in-here.so", "LD_LIBRARY_PATH=/lib"});
    REQUIRE(contains(inside.printed(), "process "));
    const malloc_report report = look_at(inside);
    CHECK(report.owner == "jemalloc");
    CHECK(contains(report.file, "/only-in-here.so"));
}

TEST_CASE("processes that can't be looked at say why") {
    CHECK(contains(refusal(99999999, "/proc"), "does not exist"));
    CHECK(contains(refusal(-1, "/proc"), "does not exist"));
    CHECK(contains(refusal(0, "/proc"), "does not exist"));
    if (std::filesystem::exists("/proc/2/stat") && !std::filesystem::exists("/proc/2/maps/x")) {
        std::ifstream comm("/proc/2/comm");
        std::string   name;
        comm >> name;
        if (name == "kthreadd") CHECK(contains(refusal(2, "/proc"), "thread of the kernel"));
        else WARN("skipped: process 2 is no thread of the kernel here (a container)");
    }
    const pid_t ended = ::fork();
    if (ended == 0) ::_exit(0);
    siginfo_t end = {};
    ::waitid(P_PID, static_cast<id_t>(ended), &end, WEXITED | WNOWAIT);
    CHECK(contains(refusal(ended, "/proc"), "has ended"));
    ::waitpid(ended, nullptr, 0);

    CHECK_THROWS_AS(parse_pid("x"), failure);
    CHECK_THROWS_AS(parse_pid("12x"), failure);
    CHECK_THROWS_AS(parse_pid("-3"), failure);
    CHECK_THROWS_AS(parse_pid("99999999999999999999999"), failure);
    CHECK(parse_pid("17") == 17);
}

TEST_CASE("garbage where the kernel's text should be is no more than an unknown") {
    const scratch_folder proc;
    const std::string    folder = proc.path() + "/7";
    std::filesystem::create_directory(folder);
    std::filesystem::create_symlink(CLI_CHILD, folder + "/exe");
    std::filesystem::create_symlink("/", std::filesystem::path(folder) / "root");
    for (const char* maps : {"", "x", "-", "zzz-yyy r-xp", "00-ff\n\n\n", "1-2 r-xp 0 0:0 0 /no/such/file\n", "ffffffffffffffffffffffff-0 r-xp 0 0 0 /dev/null\n",
                             "1000-2000 r-xp 0 0:0 0 /etc/passwd (deleted)\n7f-80 r--p ffffffffffffffff 0 0 /bin/sh"}) {
        CAPTURE(maps);
        proc.file("7/maps", maps);
        const malloc_report report = inspect_process(7, proc.path());
        CHECK(report.owner.empty());
        CHECK_FALSE(report.because.empty());
    }
}

// What every platform gets for every goal in every situation, compared with a file: a change of the policy shows as a diff.

#include <autopmr/selector.hpp>

#include "support/catch.hpp"
#include "support/machines.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

using namespace autopmr;
using namespace autopmr_test;

namespace {

struct place {
    std::string_view name;
    operating_system os;
    c_library        libc;
};

constexpr place places[] = {
    {"linux/glibc", operating_system::linux_kernel, c_library::glibc},
    {"linux/musl", operating_system::linux_kernel, c_library::musl},
    {"macos", operating_system::macos, c_library::darwin},
    {"windows", operating_system::windows, c_library::msvcrt},
    {"android", operating_system::android, c_library::bionic},
    {"ios", operating_system::ios, c_library::darwin},
    {"tvos", operating_system::tvos, c_library::darwin},
    {"watchos", operating_system::watchos, c_library::darwin},
    {"freebsd", operating_system::freebsd, c_library::bsd},
    {"netbsd", operating_system::netbsd, c_library::bsd},
    {"openbsd", operating_system::openbsd, c_library::bsd},
    {"dragonfly", operating_system::dragonfly, c_library::bsd},
    {"solaris", operating_system::solaris, c_library::unknown},
    {"illumos", operating_system::illumos, c_library::unknown},
    {"webassembly", operating_system::webassembly, c_library::wasi},
    {"none", operating_system::none, c_library::newlib},
    {"other", operating_system::other, c_library::unknown},
};

struct situation {
    std::string_view name;
    std::string_view absent;
    void (*change)(request&);
};

void nothing(request&) {}
template <said_by Who>
void ask_tcmalloc(request& asked) { ask(asked, Who, "tcmalloc"); }
template <said_by Who>
void ask_misspelt(request& asked) { ask(asked, Who, "mimaloc"); }

constexpr situation situations[] = {
    {"all can serve", "", nothing},
    {"mimalloc is missing", " mimalloc ", nothing},
    {"mimalloc and jemalloc are missing", " mimalloc jemalloc ", nothing},
    {"scudo is missing", " scudo ", nothing},
    {"only the system's malloc is there", " mimalloc jemalloc tbb tcmalloc scudo boost_pool ", nothing},
    {"fixed_heap has no region", " fixed_heap ", nothing},
    {"malloc is jemalloc's", "", replace_malloc},
    {"AddressSanitizer watches", "", watch},
    {"Valgrind watches", "", run_on_valgrind},
    {"malloc is jemalloc's, AddressSanitizer watches", "", [](request& asked) { replace_malloc(asked), watch(asked); }},
    {"the program asks for tcmalloc", "", ask_tcmalloc<said_by::program>},
    {"the environment asks for tcmalloc", "", ask_tcmalloc<said_by::environment>},
    {"the policy file asks for tcmalloc", "", ask_tcmalloc<said_by::policy_file>},
    {"the program asks for tcmalloc, which is missing", " tcmalloc ", ask_tcmalloc<said_by::program>},
    {"the environment asks for tcmalloc, which is missing", " tcmalloc ", ask_tcmalloc<said_by::environment>},
    {"the policy file asks for tcmalloc, which is missing", " tcmalloc ", ask_tcmalloc<said_by::policy_file>},
    {"the program asks for mimaloc, which does not exist", "", ask_misspelt<said_by::program>},
    {"the environment asks for mimaloc, which does not exist", "", ask_misspelt<said_by::environment>},
    {"the policy file asks for mimaloc, which does not exist", "", ask_misspelt<said_by::policy_file>},
    {"the environment asks for mimalloc, AddressSanitizer watches, malloc is jemalloc's", "",
        [](request& asked) { replace_malloc(asked), watch(asked), ask(asked, said_by::environment, "mimalloc"); }},
    {"the program asks for fixed_heap", "", [](request& asked) { ask(asked, said_by::program, "fixed_heap"); }},
    {"the program asks for boost_pool", "", [](request& asked) { ask(asked, said_by::program, "boost_pool"); }},
};

std::string outcome(const decision& got) {
    if (!got.ok()) return "error: " + std::string(got.error());
    std::string text(got.chosen->name);
    if (got.under != guard::none) text.append(" under ").append(to_string(got.under));
    text.resize(std::max<std::size_t>(text.size() + 2, 12), ' ');  // a guard makes it longer than the others
    return text.append(got.rule);
}

void append_row(std::string& out, std::string_view where, std::string_view wanted, const std::string& got) {
    std::string row("  ");
    row.append(where).resize(16, ' ');
    row.append(wanted).resize(28, ' ');
    out.append(row).append(got).append("\n");
}

// One line a platform and goal; one for all three goals where the goal makes no difference.
void append_place(std::string& out, const place& where, const situation& now) {
    std::vector<std::string> got;
    for (const goal wanted : {goal::throughput, goal::footprint, goal::hardened}) {
        request asked = machine(where.os, where.libc, wanted);
        now.change(asked);
        got.push_back(outcome(choose(asked)));
    }
    if (got[0] == got[1] && got[1] == got[2]) return append_row(out, where.name, "any goal", got[0]);
    for (const goal wanted : {goal::throughput, goal::footprint, goal::hardened})
        append_row(out, where.name, to_string(wanted), got[static_cast<std::size_t>(wanted)]);
}

std::string all_decisions() {
    std::string out = "What choose() answers: platform, goal, backend, rule. tests/golden/decisions_test.cpp makes this file.\n";
    for (const situation& now : situations) {
        missing = now.absent;
        out.append("\n").append(now.name).append("\n");
        for (const place& where : places) append_place(out, where, now);
    }
    missing = {};
    return out;
}

std::string text_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("decisions are those of the golden file") {
    const std::string golden = AUTOPMR_SOURCE_DIR "/tests/golden/decisions.txt";
    const std::string actual = all_decisions();
    if (const char* update = std::getenv("AUTOPMR_UPDATE_GOLDEN"); update != nullptr && std::string_view(update) == "1") {
        std::ofstream(golden, std::ios::binary) << actual;
        WARN("wrote " << golden << ": review its diff");
    }
    if (text_of(golden) == actual) {
        SUCCEED();
        return;
    }
    const std::string written = AUTOPMR_BINARY_DIR "/decisions.actual.txt";
    std::ofstream(written, std::ios::binary) << actual;
    FAIL("decisions differ from the golden file: see\n  diff " << golden << ' ' << written
         << "\nIf the change is meant, accept it by running this test once with AUTOPMR_UPDATE_GOLDEN=1");
}

TEST_CASE("every operating system is in the golden file") {
    for (unsigned os = 0; os <= static_cast<unsigned>(operating_system::other); ++os) {
        bool there = false;
        for (const place& where : places) there = there || where.os == static_cast<operating_system>(os);
        INFO(to_string(static_cast<operating_system>(os)));
        CHECK(there);
    }
}

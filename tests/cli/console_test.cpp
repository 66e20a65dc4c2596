#include "src/cli/console.hpp"

#include "cli/run_program.hpp"
#include "support/catch.hpp"

#include <algorithm>

#include <pty.h>

using namespace autopmr::cli;
using namespace autopmr_test;

namespace {

// What a program prints on a terminal `columns` wide.
std::string on_terminal(const words& line, unsigned short columns, const words& settings) {
    const winsize window = {50, columns, 0, 0};
    int           terminal = -1;
    const pid_t   child = ::forkpty(&terminal, nullptr, nullptr, &window);
    if (child == 0) become(line, settings);
    std::string out;
    char        part[4096];
    for (ssize_t got = 0; (got = ::read(terminal, part, sizeof part)) > 0;) out.append(part, static_cast<std::size_t>(got));
    ::waitpid(child, nullptr, 0);
    ::close(terminal);
    return out;
}

}  // namespace

TEST_CASE("columns are aligned, and no line ends in blanks") {
    table lines;
    lines.add({"a", "long cell", "last"});
    lines.add({"longer", "b", ""});
    CHECK(lines.text() == "  a       long cell  last\n  longer  b\n");
    CHECK(table().text().empty());
}

TEST_CASE("sizes are readable") {
    CHECK(readable_size(0) == "0 bytes");
    CHECK(readable_size(1023) == "1023 bytes");
    CHECK(readable_size(1024) == "1 KiB");
    CHECK(readable_size(1536) == "1.5 KiB");
    CHECK(readable_size(512ull << 20) == "512 MiB");
    CHECK(readable_size(~0ull) == "16 EiB");
}

TEST_CASE("colours are for terminals that want them, and long lines are wrapped there") {
    const words       line{AUTOPMR_PROGRAM, "explain"};
    const std::string colour = "\x1b[";
    CHECK(contains(on_terminal(line, 100, {"TERM=xterm"}), colour));
    CHECK_FALSE(contains(on_terminal(line, 100, {"TERM=xterm", "NO_COLOR=1"}), colour));
    CHECK_FALSE(contains(on_terminal(line, 100, {"TERM=dumb"}), colour));
    CHECK_FALSE(contains(on_terminal(line, 100, {"TERM"}), colour));
    CHECK_FALSE(contains(run_program(line, {"TERM=xterm"}).out, colour));

    const auto rows = [](const std::string& text) { return std::count(text.begin(), text.end(), '\n'); };
    CHECK(rows(on_terminal(line, 76, {"TERM=dumb"})) > rows(run_program(line).out));
    CHECK(contains(run_program(line).out, "serves only those who ask for it by name\n"));
}

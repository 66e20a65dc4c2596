// Every fault under every guard, each in a child of its own. What is expected is the table in docs/fault-matrix.md.

#include "guarded/fault_matrix_cases.hpp"
#include "support/catch.hpp"
#include "support/sanitized.hpp"

#include <autopmr/fault_handler.hpp>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include <csignal>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace autopmr_test;
using autopmr::fault_answer;
using autopmr::fault_report;

namespace {

struct record {
    std::atomic<char>     step{'?'};
    std::atomic<unsigned> reports{0};
    char                  found_at = '-';
    fault_report          first;
};
record* shared = nullptr;  // with the child

fault_answer heard(const fault_report& report) noexcept {
    if (shared->reports.fetch_add(1) == 0) {
        shared->first = report;
        shared->found_at = shared->step;
    }
    if (report.access == fault_access::read || report.access == fault_access::write) ::_exit(0);  // it can't go on here
    return fault_answer::quarantine;
}

std::string commit(const fault_case& one, const guard_column& guard) {
    shared->~record();
    ::new (static_cast<void*>(shared)) record;
    std::fflush(nullptr);
    const int child = ::fork();
    if (child == 0) {
        ::alarm(250);
        for (const int fatal : {SIGSEGV, SIGBUS, SIGABRT}) ::signal(fatal, SIG_DFL);  // not the test framework's
        ::dup2(::open("/dev/null", O_WRONLY), STDERR_FILENO);
        autopmr::set_fault_handler(heard);
        autopmr::install_fault_handler();
        try {
            offender o(guard.make(heard), heard, guard, shared->step);
            one.commit(o);
            if (shared->step != 'R') {
                o.sweep();
                o.end();
            }
        } catch (const std::bad_alloc&) {
            shared->found_at = '!';
        }
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) {
        const int end = WTERMSIG(status);
        return end == SIGSEGV || end == SIGBUS ? "crash" : end == SIGABRT ? "abort" : "signal " + std::to_string(end);
    }
    if (shared->step == 'R') return "R";
    return std::string(1, shared->found_at);
}

// Cells by row and column; "A/F" allows either, a letter in parentheses is a footnote.
std::map<std::string, std::map<std::string, std::string>> expectations() {
    std::ifstream                                             file(AUTOPMR_SOURCE_DIR "/docs/fault-matrix.md");
    std::map<std::string, std::map<std::string, std::string>> all;
    std::vector<std::string>                                  columns;
    for (std::string line; std::getline(file, line);) {
        if (line.rfind("| ", 0) != 0) continue;
        std::vector<std::string> cells;
        std::istringstream       in(line.substr(1));
        for (std::string cell; std::getline(in, cell, '|');) {
            const auto first = cell.find_first_not_of(' ');
            cells.push_back(first == cell.npos ? "" : cell.substr(first, cell.find_last_not_of(' ') - first + 1));
        }
        if (columns.empty()) columns = cells;
        else
            for (std::size_t i = 1; i < cells.size() && i < columns.size(); ++i) all[cells[0]][columns[i]] = cells[i].substr(0, cells[i].find(" ("));
    }
    return all;
}

bool allows(const std::string& cell, const std::string& outcome) {
    std::istringstream in(cell);
    for (std::string one; std::getline(in, one, '/');)
        if (one == outcome) return true;
    return false;
}

// What a report says, beside the moment at which it came.
void check_report(const fault_case& one, const std::string& outcome) {
    const fault_report& first = shared->first;
    CAPTURE(first.kind, first.access, first.past_end, first.before_start, first.expected_bytes, shared->reports.load());
    CHECK(std::find(one.kinds.begin(), one.kinds.end(), first.kind) != one.kinds.end());
    CHECK(shared->reports == (outcome == "A" ? 1 : one.reports));
    CHECK(std::string(first.resource) != "");
    if (outcome == "F") CHECK(first.access == fault_access::free);
    if (outcome != "A") return;
    CHECK(first.access == one.access);
    if (first.kind == fault_kind::overrun && one.past_end != 0) CHECK(first.past_end == one.past_end);
    if (first.kind == fault_kind::underrun && one.before_start != 0) CHECK(first.before_start == one.before_start);
    CHECK(first.state == (first.kind == fault_kind::use_after_free ? autopmr::block_state::freed : first.kind == fault_kind::wild_access ? first.state : autopmr::block_state::live));
}

}  // namespace

TEST_CASE("every fault is found by each guard at the moment that the table says, or not, as it says") {
    if (under_asan || under_tsan) {
        WARN("skipped: bad accesses are the sanitizer's to report");
        return;
    }
    void* const pages = ::mmap(nullptr, sizeof(record), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(pages != MAP_FAILED);
    shared = ::new (pages) record;
    const auto   expected = expectations();
    const auto   columns = guard_columns();
    std::ostream& actual = *new std::ofstream(AUTOPMR_BINARY_DIR "/fault-matrix.actual.md");
    actual << "| fault |";
    for (const guard_column& guard : columns) actual << ' ' << guard.name << " |";
    actual << "\n|---|";
    for (std::size_t i = 0; i != columns.size(); ++i) actual << "---|";
    actual << '\n';
    for (const fault_case& one : fault_cases()) {
        actual << "| " << one.name << " |";
        const auto row = expected.find(one.name);
        for (const guard_column& guard : columns) {
            const std::string cell = row != expected.end() && row->second.count(guard.name) != 0 ? row->second.at(guard.name) : "missing";
            if (cell == "") {
                actual << "  |";
                continue;  // has no meaning here, or says no more than its neighbour
            }
            std::string outcome = commit(one, guard);
            // A canary's byte may be what is written by chance, one time in 256.
            for (int i = 0; i != 3 && outcome == "-" && cell == "F"; ++i) outcome = commit(one, guard);
            actual << ' ' << outcome << " |" << std::flush;
            CAPTURE(one.name, guard.name, cell, outcome);
            if (cell == "~") continue;  // may be missed
            CHECK(allows(cell, outcome));
            if (outcome == "A" || outcome == "F" || outcome == "S") check_report(one, outcome);
        }
        actual << '\n';
    }
    actual.flush();
}

// A dictionary of English (package wamerican-huge or wamerican) goes into an indexed table in memory, on the backend chosen for this
// machine; with the argument `own`, on what SQLite has by itself.
#include <autopmr/adapters/sqlite.hpp>
#include <autopmr/autopmr.hpp>

#include <sqlite3.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>

int main(int count, char** words) {
    std::ifstream file("/usr/share/dict/american-english-huge");
    if (!file) file.open("/usr/share/dict/american-english");
    if (!file) return std::puts("skipped: no dictionary is here"), 77;
    // [use]
    const std::string                      where = count > 1 ? words[1] : "";
    static autopmr::statistics_resource&   counted = autopmr::make_immortal<autopmr::statistics_resource>(&autopmr::install_default().resource());
    if (where == "bare") autopmr::sqlite_heap::install(autopmr::default_decision().resource(), "the example");
    else if (where != "own" && !autopmr::sqlite_heap::install(counted, "the example")) return 1;
    // [/use]

    const auto start = std::chrono::steady_clock::now();
    sqlite3*   base = nullptr;
    sqlite3_open(":memory:", &base);
    sqlite3_exec(base, "CREATE TABLE word(text TEXT, length INT); CREATE INDEX by_text ON word(text, length); BEGIN", nullptr, nullptr, nullptr);
    sqlite3_stmt* insert = nullptr;
    sqlite3_prepare_v2(base, "INSERT INTO word VALUES(?1, length(?1))", -1, &insert, nullptr);
    for (std::string word; std::getline(file, word); sqlite3_step(insert), sqlite3_reset(insert))
        sqlite3_bind_text(insert, 1, word.c_str(), -1, SQLITE_TRANSIENT);
    sqlite3_finalize(insert);
    const int said = sqlite3_exec(base, "COMMIT; DELETE FROM word WHERE length > 12", nullptr, nullptr, nullptr);
    sqlite3_close(base);
    sqlite3_shutdown();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    const autopmr::usage all = counted.observer().now();
    std::printf("%.0f ms; through the resource: %zu allocations, at most %zu bytes at once, %zu left\n", took.count(), all.count,
                all.peak, all.live);
    return said == SQLITE_OK && all.live == 0 ? 0 : 1;
}

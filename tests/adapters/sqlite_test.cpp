#include <autopmr/adapters/sqlite.hpp>
#include <autopmr/autopmr.hpp>

#include <sqlite3.h>

#include <cstddef>

#include "tests/adapters/support/each_failure.hpp"
#include "tests/adapters/support/library.hpp"
#include "tests/support/catch.hpp"

using autopmr::install_answer;
using autopmr::sqlite_heap;
using autopmr_test::outcome;
using autopmr_test::traffic;

namespace {

// A small page cache: what is big is allocated in any case.
constexpr const char* work = R"(
    PRAGMA cache_size = 10; PRAGMA temp_store = MEMORY;
    CREATE TABLE word(id INTEGER PRIMARY KEY, text TEXT NOT NULL, length INT);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
        INSERT INTO word SELECT i, printf('word %d %s', i, hex(zeroblob(i % 40))), i % 7 FROM n;
    CREATE INDEX by_length ON word(length, text);
    SELECT length, count(*), group_concat(text) FROM word GROUP BY length ORDER BY 2 DESC;
    DELETE FROM word WHERE length = 3;)";

outcome load(traffic&) {
    sqlite3* base = nullptr;
    int      said = sqlite3_open(":memory:", &base);
    if (said == SQLITE_OK) said = sqlite3_exec(base, work, nullptr, nullptr, nullptr);
    const bool expected = said == SQLITE_OK || said == SQLITE_NOMEM;
    INFO(said);
    CHECK(expected);
    CHECK(sqlite3_close(base) == SQLITE_OK);
    CHECK(sqlite3_shutdown() == SQLITE_OK);
    return said == SQLITE_OK ? outcome::served : outcome::out_of_memory;
}

}  // namespace

TEST_CASE("SQLite takes one resource, a thread-safe one, and none once it has begun") {
    CHECK(autopmr_test::install_in_child<sqlite_heap>([] { sqlite3_initialize(); }) == install_answer::too_late);
    CHECK(autopmr_test::install_in_child<sqlite_heap>([] { sqlite3_initialize(), sqlite3_shutdown(); }) == install_answer::installed);
    autopmr_test::takes_one_once<sqlite_heap>();
}

TEST_CASE("SQLite takes its memory from the resource, and it is all back after sqlite3_shutdown") {
    traffic& at = autopmr_test::installed<sqlite_heap>();
    REQUIRE(at.settled());
    const auto before = at.now();
    sqlite3*   base = nullptr;
    REQUIRE(sqlite3_open(":memory:", &base) == SQLITE_OK);
    CHECK(sqlite3_exec(base, work, nullptr, nullptr, nullptr) == SQLITE_OK);

    // SQLite's own books say the same: blocks, and bytes, where ours have a header each.
    int now = 0, most = 0;
    sqlite3_status(SQLITE_STATUS_MALLOC_COUNT, &now, &most, 0);
    CHECK(at.now().live == static_cast<std::size_t>(now));
    CHECK(at.now().live_bytes == static_cast<std::size_t>(sqlite3_memory_used()) + 8 * at.now().live);
    CHECK(at.now().allocations - before.allocations > 500);

    CHECK(sqlite3_close(base) == SQLITE_OK);
    CHECK(sqlite3_shutdown() == SQLITE_OK);
    CHECK(at.settled());
}

TEST_CASE("whatever is refused, SQLite says SQLITE_NOMEM or does without, and keeps no block") {
    traffic&   at = autopmr_test::installed<sqlite_heap>();
    const auto once = autopmr_test::each_failure(at, load);
    CHECK(once.errors > once.rounds / 2);
    const auto ever = autopmr_test::each_failure(at, load, [](std::size_t) { return false; }, true);
    CHECK(ever.errors > ever.rounds / 2);
}

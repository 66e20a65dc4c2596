#include <autopmr/adapters/sqlite.hpp>
#include <autopmr/autopmr.hpp>

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <memory_resource>

#include "tests/adapters/support/each_failure.hpp"
#include "tests/adapters/support/library.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/faults.hpp"

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

// Before this process has installed one: the child has its own.
TEST_CASE("what SQLite frees that is not its block, or was freed, is a fault and changes nothing") {
    const autopmr_test::child_end end = autopmr_test::in_child([] {
        auto& keeps = autopmr::make_immortal<std::pmr::monotonic_buffer_resource>();  // what is freed can still be read
        if (!sqlite_heap::install(keeps, "the child", autopmr::assume_any_thread)) return 5;
        autopmr_test::counted_faults faults;
        const auto                   is = [&](int count, autopmr::fault_kind kind) { return faults.count == count && faults.last.kind == kind; };
        alignas(8) static char       mine[64] = {};
        sqlite3_free(mine + 32);
        if (!is(1, autopmr::fault_kind::foreign_pointer)) return 1;
        sqlite3_free(mine + 33);
        if (!is(2, autopmr::fault_kind::foreign_pointer)) return 2;
        void* const block = sqlite3_malloc(40);
        sqlite3_free(block);
        if (faults.count != 2) return 3;
        sqlite3_free(block);
        return is(3, autopmr::fault_kind::double_free) && faults.last.expected_bytes == 40 && faults.last.block == block ? 0 : 4;
    });
    INFO(end.error);
    CHECK(end.exit_status == 0);
}

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

TEST_CASE("a block of SQLite's shrinks where it is, and never fails to; one that can't grow stays as it was") {
    traffic& at = autopmr_test::installed<sqlite_heap>();
    auto*    block = static_cast<char*>(sqlite3_malloc(1000));
    REQUIRE(block != nullptr);
    CHECK(reinterpret_cast<std::uintptr_t>(block) % 8 == 0);
    block[9] = 'x';
    CHECK(sqlite3_realloc(block, 600) == block);
    auto* moved = static_cast<char*>(sqlite3_realloc(block, 100));
    CHECK(moved != block);
    CHECK(moved[9] == 'x');
    CHECK(sqlite3_msize(moved) == 104);
    at.refuse(1, true);
    CHECK(sqlite3_realloc(moved, 16) == moved);
    CHECK(sqlite3_realloc(moved, 5000) == nullptr);
    CHECK(moved[9] == 'x');
    at.refuse(0);
    sqlite3_free(moved);
    sqlite3_shutdown();
    CHECK(at.settled());
}

TEST_CASE("whatever is refused, SQLite says SQLITE_NOMEM or does without, and keeps no block") {
    traffic&   at = autopmr_test::installed<sqlite_heap>();
    const auto once = autopmr_test::each_failure(at, load);
    CHECK(once.errors > once.rounds / 2);
    const auto ever = autopmr_test::each_failure(at, load, [](std::size_t) { return false; }, true);
    CHECK(ever.errors > ever.rounds / 2);
}

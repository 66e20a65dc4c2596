/// SQLite on its own malloc and on the backend chosen for this machine: a dictionary into an indexed table (the example of the bridge), and
/// the machine's package index into tables with indexes, then asked. Both in memory. SQLite counts its memory under a mutex; "counting off"
/// is without that, and beside "chosen default, counted" a resource counts in its stead.
///     bench.sqlite [--benchmark_out=FILE] [--rounds=N]

#include "beside.hpp"

#include "examples/package_index/input.hpp"

#include <autopmr/adapters/sqlite.hpp>
#include <autopmr/autopmr.hpp>

#include <sqlite3.h>

#include <stdexcept>

namespace {

/// Rows, one a line, of fields between tabs: one block of memory, however many they are.
using rows = std::string;

class base {
public:
    base(const char* schema, bool counting) {
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, counting ? 1 : 0);
        sqlite3_open(":memory:", &base_);
        run(schema);
    }
    ~base() {
        sqlite3_close(base_);
        sqlite3_shutdown();
    }
    base(const base&) = delete;
    base& operator=(const base&) = delete;
    void run(const char* sql) { good_ = sqlite3_exec(base_, sql, nullptr, nullptr, nullptr) == SQLITE_OK && good_; }
    /// The fields of each row as parameters ?1, ?2, ...
    void run(const char* sql, const rows& all) {
        sqlite3_stmt* statement = nullptr;
        good_ = sqlite3_prepare_v2(base_, sql, -1, &statement, nullptr) == SQLITE_OK && good_;
        for (const char *at = all.data(), *end = at + all.size(); at != end;) {
            for (int field = 1;; ++field) {
                const char* stop = at;
                while (*stop != '\t' && *stop != '\n') ++stop;
                sqlite3_bind_text(statement, field, at, static_cast<int>(stop - at), SQLITE_TRANSIENT);
                at = stop + 1;
                if (*stop == '\n') break;
            }
            while (sqlite3_step(statement) == SQLITE_ROW) continue;
            good_ = sqlite3_reset(statement) == SQLITE_OK && good_;
        }
        sqlite3_finalize(statement);
    }
    [[nodiscard]] bool good() const { return good_; }

private:
    sqlite3* base_ = nullptr;
    bool     good_ = true;
};

bool dictionary(const rows& words, bool counting) {
    base all("CREATE TABLE word(text TEXT, length INT); CREATE INDEX by_text ON word(text, length); BEGIN", counting);
    all.run("INSERT INTO word VALUES(?1, length(?1))", words);
    all.run("COMMIT; DELETE FROM word WHERE length > 12");
    return all.good();
}

struct index {
    rows packages, needs, names;
};

index read_index() {
    index            found;
    paragraph_reader paragraphs(decompressed(machine_indexes()));
    for (std::vector<field> fields; paragraphs.next(fields);) {
        const auto of = [&](std::string_view name) {
            for (const field& one : fields)
                if (one.name == name) return std::string(one.value);
            return std::string();
        };
        const std::string name = of("Package"), needs = of("Depends");
        found.names += name + '\n';
        found.packages += name + '\t' + of("Version") + '\t' + of("Section") + '\t' + of("Maintainer") + '\t' + of("Description") + '\n';
        for (std::size_t at = 0; at < needs.size();) {
            const std::size_t begin = std::min(needs.find_first_not_of(" ,|", at), needs.size()), end = std::min(needs.find_first_of(" :(,|", begin), needs.size());
            if (begin != end) found.needs.append(name).append("\t").append(needs, begin, end - begin).append("\n");
            at = std::min(needs.find_first_of(",|", end), needs.size());
        }
    }
    return found;
}

bool package_index(const index& in, bool counting) {
    base all("CREATE TABLE package(name TEXT, version TEXT, section TEXT, maintainer TEXT, description TEXT);"
             "CREATE TABLE needs(package TEXT, name TEXT);"
             "CREATE INDEX by_name ON package(name); CREATE INDEX by_section ON package(section, name);"
             "CREATE INDEX by_need ON needs(name, package); BEGIN", counting);
    all.run("INSERT INTO package VALUES(?1, ?2, ?3, ?4, ?5)", in.packages);
    all.run("INSERT INTO needs VALUES(?1, ?2)", in.needs);
    all.run("COMMIT");
    all.run("SELECT p.version, (SELECT count(*) FROM needs n WHERE n.name = p.name) FROM package p WHERE p.name = ?1", in.names);
    all.run("SELECT section, count(*), max(length(description)), group_concat(name) FROM package GROUP BY section ORDER BY 2 DESC;"
            "SELECT p.name, count(*) AS many FROM needs n JOIN package p ON p.name = n.name GROUP BY p.name ORDER BY many DESC LIMIT 20;"
            "SELECT maintainer, count(*) FROM package WHERE description LIKE '%compiler%' GROUP BY maintainer ORDER BY 2 DESC");
    return all.good();
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<bench::load> loads;
    const auto add = [&](const std::string& name, auto run) {
        loads.push_back({"SQLite, " + name, [run] { return run(true); }});
        loads.push_back({"SQLite, " + name + ", its counting off", [run] { return run(false); }});
    };
    rows words = bench::file_text("/usr/share/dict/american-english-huge");
    if (words.empty()) words = bench::file_text("/usr/share/dict/american-english");
    if (words.empty()) std::cerr << "bench.sqlite: no dictionary is here (Debian: wamerican-huge)\n";
    else add("dictionary", [&](bool counting) { return dictionary(words, counting); });
    index packages;
    try {
        packages = read_index();
        add("package index", [&](bool counting) { return package_index(packages, counting); });
    } catch (const std::runtime_error& why) {
        std::cerr << "bench.sqlite: no package index: " << why.what() << '\n';
    }
    using namespace autopmr;
    const auto on = [](std::pmr::memory_resource& chosen) {
        return [&] { return sqlite_heap::install(chosen, "bench", assume_any_thread).what == install_answer::installed; };
    };
    auto& chosen = install_default().resource();
    return bench::beside(argc, argv, {{"its own"}, {"chosen default", on(chosen)}, {"chosen default, counted", on(make_immortal<statistics_resource>(&chosen))},
                                      {"system", on(system_backend.resource())}}, loads);
}

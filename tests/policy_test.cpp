#include <autopmr/policy.hpp>

#include "support/catch.hpp"

#include <autopmr/errors.hpp>
#include <autopmr/selector.hpp>
#include <autopmr/subsystem.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory_resource>
#include <random>
#include <string>

#if defined(__unix__)
#include <sys/stat.h>
#endif

using namespace autopmr;
namespace fs = std::filesystem;

namespace {

const fs::path fixtures = fs::path(AUTOPMR_SOURCE_DIR) / "tests/policy";

std::string text_of(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// A file that is there for one test.
class scratch_file {
public:
    explicit scratch_file(const std::string& name, const std::string& text)
        : path_(fs::temp_directory_path() / ("autopmr-policy-test-" + std::to_string(std::random_device{}()) + "-" + name)) {
        write(text);
    }
    ~scratch_file() { fs::remove(path_); }
    void        write(const std::string& text) const { std::ofstream(path_, std::ios::binary) << text; }
    std::string path() const { return path_.string(); }

private:
    fs::path path_;
};

policy_result load_text(const std::string& text) { return load_policy(scratch_file("text.toml", text).path()); }

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

TEST_CASE("a result without an error is good") {
    policy_result result;
    CHECK(result.ok());
    result.warn("one");
    result.warn("two");
    CHECK(result.ok());
    CHECK(result.warnings() == "one\ntwo");
    CHECK_NOTHROW(result.value_or_throw());
    result.fail("no");
    CHECK_FALSE(result.ok());
    CHECK(result.error() == "no");
    CHECK_THROWS_AS(result.value_or_throw(), configuration_error);
    CHECK_THROWS_WITH(result.value_or_throw(), "no");
}

TEST_CASE("whatever is wrong with a policy is said with its place, and nothing is applied") {
    std::size_t files = 0;
    for (const auto& entry : fs::directory_iterator(fixtures / "bad")) {
        ++files;
        const std::string text = text_of(entry.path());
        const std::string mark = "# expects: ";
        REQUIRE(text.rfind(mark, 0) == 0);
        const std::string expected = text.substr(mark.size(), text.find('\n') - mark.size());
        const std::string before = subsystem_json();

        const policy_result result = load_policy(entry.path().string());
        INFO(entry.path().filename() << ": " << result.error());
        CHECK_FALSE(result.ok());
        CHECK(contains(result.error(), entry.path().filename().string() + ":" + expected));
        CHECK_FALSE(contains(result.error(), "\n"));
        CHECK(subsystem_json() == before);
    }
    CHECK(files > 30);
}

TEST_CASE("a policy sets what it says, and every setting says where it came from") {
    const std::string   file = (fixtures / "full.toml").string();
    const policy_result result = load_policy(file);
    INFO(result.error());
    REQUIRE(result.ok());
    CHECK(result.warnings().empty());

    CHECK(subsystem("").settings().limit == std::size_t{8} << 30);
    CHECK(contains(subsystem("").settings().limit_from, "full.toml:4:9"));
    CHECK(subsystem("full").settings().limit == 64u << 20);
    const subsystem_settings net = subsystem("full.net").settings();
    CHECK(net.backend == "new_delete");
    CHECK(contains(net.backend_from, "full.toml:10:11"));
    CHECK(net.limit == 1u << 20);
    CHECK(contains(net.limit_from, "full.toml:11:9"));
    CHECK_FALSE(net.own_heap);
    CHECK(contains(net.own_heap_from, "full.toml:12:12"));
    CHECK(contains(net.under_from, "full.toml:13:9"));
    CHECK(subsystem("full.text").settings().limit == 2'000'000);
    CHECK(subsystem("full.text").settings().under_from.view() == "default");

    REQUIRE(load_policy(file).ok());  // again: the same
    CHECK(configure("", {{}, subsystem_options::no_limit, {}, {}}).ok());
}

TEST_CASE("files that are no policies") {
    const auto error_of = [](std::string_view path) {
        const policy_result result = load_policy(path);
        CHECK_FALSE(result.ok());
        return std::string(result.error());
    };
    CHECK(contains(error_of("no/such/file.toml"), "no/such/file.toml: can't be read: No such file"));
    CHECK(contains(error_of(fixtures.string()), "can't be read: Is a directory"));
    CHECK(contains(error_of(""), "path is empty"));
    CHECK(contains(error_of(std::string(5000, 'x')), "too long"));
    CHECK(contains(error_of("/dev/zero"), "more than 1 MiB"));
    CHECK(contains(error_of(scratch_file("huge.toml", std::string((1u << 20) + 1, '#')).path()), "more than 1 MiB"));
    CHECK(contains(error_of(scratch_file("nul.toml", std::string("limit = 1\0", 10)).path()), "not TOML"));
    CHECK(contains(error_of(scratch_file("deep.toml", "a = " + std::string(100'000, '[')).path()), "not TOML"));

#if defined(__unix__)
    const scratch_file pipe("pipe", "");  // one that nobody writes gives nothing, which would be a policy
    fs::remove(pipe.path());
    REQUIRE(::mkfifo(pipe.path().c_str(), 0600) == 0);
    CHECK(contains(error_of(pipe.path()), "-pipe: is a pipe, which may hold a part of a policy, or nothing yet; give the path of a file"));
#endif

    CHECK(load_text("").ok());
    CHECK(load_text("# nothing\n").ok());
}

TEST_CASE("a child's limit above its parent's is a warning") {
    const policy_result result = load_policy((fixtures / "warns.toml").string());
    REQUIRE(result.ok());
    CHECK(contains(result.warnings(), "warns.toml:5:9: limit of subsystem 'warns.below' (2097152 bytes) is above that of 'warns'"));
    CHECK(subsystem("warns.below").settings().limit == 2u << 20);

    const policy_result lower = load_text("[subsystem.warns]\nlimit = 1000\n");
    REQUIRE(lower.ok());
    CHECK(contains(lower.warnings(), ":2:9: limit of subsystem 'warns' (1000 bytes) bounds 'warns.below', whose own (2097152 bytes)"));
}

TEST_CASE("what the program set wins over a file, whichever came first") {
    REQUIRE(configure("wins", {{}, 1000, {}, {}}).ok());
    policy_result result = load_text("[subsystem.wins]\nlimit = 2000\nbackend = \"new_delete\"\n");
    REQUIRE(result.ok());
    CHECK(contains(result.warnings(), "limit of subsystem 'wins' was set by the program, which wins; this is ignored"));
    CHECK(subsystem("wins").settings().limit == 1000);
    CHECK(subsystem("wins").settings().limit_from.view() == "program");
    CHECK(contains(subsystem("wins").settings().backend_from, "text.toml:3:11"));

    REQUIRE(load_text("[subsystem.wins2]\nlimit = 2000\n").ok());
    REQUIRE(configure("wins2", {{}, 1000, {}, {}}).ok());
    CHECK(subsystem("wins2").settings().limit == 1000);
    CHECK(subsystem("wins2").settings().limit_from.view() == "program");
}

TEST_CASE("of two files the later wins") {
    REQUIRE(load_text("[subsystem.later]\nlimit = 2000\n").ok());
    REQUIRE(load_text("[subsystem.later]\nlimit = 3000\n").ok());
    CHECK(subsystem("later").settings().limit == 3000);
    REQUIRE(load_text("[subsystem.other]\nlimit = 3000\n").ok());
    CHECK(subsystem("later").settings().limit == 3000);
}

TEST_CASE("a backend or goal that comes after the default was chosen is a warning") {
    const decision made = install_default({"new_delete", goal::throughput, true});
    REQUIRE(made.ok());
    const policy_result result = load_text("backend = \"system\"\ngoal = \"hardened\"\n");
    REQUIRE(result.ok());
    CHECK(contains(result.warnings(), ":1:11: backend comes too late: install_default() has chosen 'new_delete'"));
    CHECK(contains(result.warnings(), ":2:8: goal comes too late: install_default() has chosen 'throughput'"));
    CHECK(select().chosen == find_backend("system"));  // as the file says
    CHECK(load_text("backend = \"new_delete\"\ngoal = \"throughput\"\n").warnings().empty());
    std::pmr::set_default_resource(nullptr);
}

// Flips, cuts and doubles bytes of a good policy: it never crashes, and applies all or nothing.
TEST_CASE("a damaged policy never half applies") {
    const std::string  good = "[subsystem.fuzz]\nlimit = \"64MiB\"\n[subsystem.\"fuzz.net\"]\nlimit = 1048576\nown_heap = false\n"
                              "guard = \"none\"\nbackend = \"new_delete\"\n";
    const scratch_file file("fuzz.toml", good);
    std::mt19937       random(20240607);
    const auto         below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
    std::size_t        refused = 0, accepted = 0;
    std::string        before = subsystem_json();
    for (int round = 0; round != 2000; ++round) {
        std::string text = good;
        for (std::size_t changes = 1 + below(3); changes-- != 0 && !text.empty();) {
            const std::size_t at = below(text.size());
            switch (below(4)) {
                case 0: text[at] = static_cast<char>(below(256)); break;
                case 1: text.erase(at, 1 + below(8)); break;
                case 2: text.insert(at, text.substr(below(text.size()), below(12))); break;
                default: text[at] = "=[]\"#.'{},\n-0"[below(13)]; break;
            }
        }
        file.write(text);
        const policy_result result = load_policy(file.path());
        if (result.ok()) {
            ++accepted;
            before = subsystem_json();
            continue;
        }
        ++refused;
        INFO(text);
        REQUIRE(contains(result.error(), "fuzz.toml:"));
        REQUIRE(subsystem_json() == before);
    }
    CHECK(refused > 500);
    CHECK(accepted > 10);
}

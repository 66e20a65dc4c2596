// What README tells of the backends is what backends() says.
#include <autopmr/selector.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "support/catch.hpp"

namespace {

std::string read(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

/// What stands between two lines of README.
std::string between(const std::string& text, const std::string& first, const std::string& last) {
    const auto begin = text.find(first);
    REQUIRE(begin != std::string::npos);
    const auto start = text.find('\n', begin) + 1;
    const auto end = text.find(last, start);
    REQUIRE(end != std::string::npos);
    return text.substr(start, end - start);
}

}  // namespace

TEST_CASE("README's table of backends is the table that backends() gives, in its order") {
    std::string expected = "| backend | what it is |\n|---|---|\n";
    for (const autopmr::backend& b : autopmr::backends()) expected.append("| `").append(b.name).append("` | ").append(b.what).append(" |\n");
    // What follows is README's new table when this fails: copy it from the message.
    CHECK(between(read(AUTOPMR_SOURCE_DIR "/README.md"), "<!-- backends:", "<!-- /backends -->") == expected);
}

TEST_CASE("README's tables of parts link every pool, decorator and guard") {
    const std::string readme = read(AUTOPMR_SOURCE_DIR "/README.md");
    const std::string table = between(readme, "<!-- parts:", "<!-- /parts -->") + between(readme, "<!-- guards:", "<!-- /guards -->");
    for (const char* folder : {"pools", "decorators", "guarded"})
        for (const auto& header : std::filesystem::directory_iterator(AUTOPMR_SOURCE_DIR "/include/autopmr/" + std::string(folder))) {
            const std::string path = std::string(folder) + "/" + header.path().filename().string();
            INFO(path);
            CHECK(table.find("](include/autopmr/" + path + ")") != std::string::npos);
        }
}

// The languages of the world (package iso-codes), parsed by RapidJSON into a budget of 8 MiB; then again into one of 1 MiB.
#include <autopmr/adapters/rapidjson.hpp>
#include <autopmr/autopmr.hpp>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

std::size_t languages(const std::string& text, std::size_t budget) {
    // [use]
    autopmr::pool_resource       pool;
    autopmr::limit_resource      limited(budget, &pool);
    autopmr::rapidjson_allocator from(&limited);
    autopmr::rapidjson_pool      values(64 << 10, &from);
    autopmr::rapidjson_document  parsed(&values, 1024, &from);
    // [/use]
    try {
        parsed.Parse(text.data(), text.size());
    } catch (const autopmr::limit_exceeded& refusal) {
        return std::printf("%s\n", refusal.what()), 0;
    }
    std::printf("at most %zu bytes at once\n", limited.observer().now().peak);
    return parsed["639-3"].Size();
}

int main() {
    std::ifstream     file("/usr/share/iso-codes/json/iso_639-3.json");
    const std::string text(std::istreambuf_iterator<char>(file), {});
    if (text.empty()) return std::puts("skipped: the package iso-codes is not here"), 77;
    return languages(text, 8 << 20) > 7000 && languages(text, 1 << 20) == 0 ? 0 : 1;
}

// The languages of the world (package iso-codes), parsed by nlohmann::json into a pool that is dropped afterwards.
#include <autopmr/adapters/nlohmann.hpp>
#include <autopmr/autopmr.hpp>

#include <cstdio>
#include <fstream>

int main() {
    std::ifstream file("/usr/share/iso-codes/json/iso_639-3.json");
    if (!file) return std::puts("skipped: the package iso-codes is not here"), 77;
    autopmr::pool_resource       pool;
    autopmr::statistics_resource counted(&pool);
    std::size_t                  languages = 0;
    // [parse]
    {
        const autopmr::thread_resource_scope scope(&counted);
        const auto                           parsed = autopmr::thread_json::parse(file);
        languages = parsed.at("639-3").size();
        std::printf("%zu languages in %zu bytes\n", languages, counted.observer().now().live);
    }
    // [/parse]
    return languages > 7000 && counted.observer().now().live == 0 ? 0 : 1;
}

// The languages of the world (package iso-codes), parsed by cJSON on the backend chosen for this machine.
#include <autopmr/adapters/cjson.hpp>
#include <autopmr/autopmr.hpp>

#include <cjson/cJSON.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

int main() {
    std::ifstream     file("/usr/share/iso-codes/json/iso_639-3.json");
    const std::string text(std::istreambuf_iterator<char>(file), {});
    if (text.empty()) return std::puts("skipped: the package iso-codes is not here"), 77;
    // [use]
    auto& counted = autopmr::make_immortal<autopmr::statistics_resource>(&autopmr::install_default().resource());
    if (!autopmr::cjson_heap::install(counted, "the example")) return 1;
    cJSON* const parsed = cJSON_ParseWithLength(text.data(), text.size());
    // [/use]
    const int    languages = cJSON_GetArraySize(cJSON_GetObjectItem(parsed, "639-3"));
    cJSON_Delete(parsed);
    const autopmr::usage all = counted.observer().now();
    std::printf("%d languages, %zu allocations, at most %zu bytes at once, %zu left\n", languages, all.count, all.peak, all.live);
    return languages > 7000 && all.count > 50000 && all.live == 0 ? 0 : 1;
}

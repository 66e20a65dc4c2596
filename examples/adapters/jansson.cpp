// The languages of the world (package iso-codes), parsed by Jansson on the backend chosen for this machine.
#include <autopmr/adapters/jansson.hpp>
#include <autopmr/autopmr.hpp>

#include <jansson.h>

#include <cstdio>

int main() {
    // [use]
    auto& counted = autopmr::make_immortal<autopmr::statistics_resource>(&autopmr::install_default().resource());
    if (!autopmr::jansson_heap::install(counted, "the example")) return 1;
    json_t* const parsed = json_load_file("/usr/share/iso-codes/json/iso_639-3.json", 0, nullptr);
    // [/use]
    if (parsed == nullptr) return std::puts("skipped: the package iso-codes is not here"), 77;
    const std::size_t languages = json_array_size(json_object_get(parsed, "639-3"));
    json_decref(parsed);
    const autopmr::usage all = counted.observer().now();
    std::printf("%zu languages, %zu allocations, at most %zu bytes at once, %zu left\n", languages, all.count, all.peak, all.live);
    return languages > 7000 && all.count > 100000 && all.live == 0 ? 0 : 1;
}

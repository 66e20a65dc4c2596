// The languages of the world (package iso-codes) as XML, a tree of libxml2 on the backend chosen for this machine; with an argument on malloc.
#include <autopmr/adapters/libxml2.hpp>
#include <autopmr/autopmr.hpp>

#include <libxml/parser.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

int main(int count, char**) {
    std::ifstream     file("/usr/share/xml/iso-codes/iso_639-3.xml");
    const std::string text(std::istreambuf_iterator<char>(file), {});
    if (text.empty()) return std::puts("skipped: the package iso-codes is not here"), 77;
    // [use]
    auto& counted = autopmr::make_immortal<autopmr::statistics_resource>(&autopmr::install_default().resource());
    if (count == 1 && !autopmr::libxml2_heap::install(counted, "the example")) return 1;
    // [/use]
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 5; ++i) {
        const xmlDocPtr parsed = xmlReadMemory(text.data(), static_cast<int>(text.size()), nullptr, nullptr, 0);
        if (parsed == nullptr) return 1;
        xmlFreeDoc(parsed);
    }
    xmlCleanupParser();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    const autopmr::usage                            all = counted.observer().now();
    std::printf("%.0f ms; through the resource: %zu allocations, at most %zu bytes at once, %zu left\n", took.count(), all.count, all.peak, all.live);
    return all.live == 0 && (count != 1 || all.count > 10000) ? 0 : 1;
}

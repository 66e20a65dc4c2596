// The languages of the world (package iso-codes) as XML, through an Expat parser on the backend chosen for this machine.
#include <autopmr/adapters/expat.hpp>
#include <autopmr/autopmr.hpp>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

struct languages;

int main() {
    std::ifstream     file("/usr/share/xml/iso-codes/iso_639-3.xml");
    const std::string text(std::istreambuf_iterator<char>(file), {});
    if (text.empty()) return std::puts("skipped: the package iso-codes is not here"), 77;
    // [use]
    auto& counted = autopmr::make_immortal<autopmr::statistics_resource>(&autopmr::install_default().resource());
    if (!autopmr::expat_heap<languages>::install(counted, "the example")) return 1;
    const XML_Parser parser = XML_ParserCreate_MM(nullptr, autopmr::expat_suite<languages>(), nullptr);
    // [/use]
    int              elements = 0;
    XML_SetUserData(parser, &elements);
    XML_SetStartElementHandler(parser, [](void* user, const XML_Char*, const XML_Char**) { ++*static_cast<int*>(user); });
    const XML_Status said = XML_Parse(parser, text.data(), static_cast<int>(text.size()), 1);
    XML_ParserFree(parser);
    const autopmr::usage all = counted.observer().now();
    std::printf("%d elements, %zu allocations, at most %zu bytes at once, %zu left\n", elements, all.count, all.peak, all.live);
    return said == XML_STATUS_OK && all.count > 10 && all.live == 0 ? 0 : 1;
}

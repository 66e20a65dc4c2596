// The languages of the world (package iso-codes) as XML, a tree of pugixml on the backend chosen for this machine.
#include <autopmr/adapters/pugixml.hpp>
#include <autopmr/autopmr.hpp>

#include <pugixml.hpp>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

int main() {
    std::ifstream     file("/usr/share/xml/iso-codes/iso_639-3.xml");
    const std::string text(std::istreambuf_iterator<char>(file), {});
    if (text.empty()) return std::puts("skipped: the package iso-codes is not here"), 77;
    // [use]
    auto& counted = autopmr::make_immortal<autopmr::statistics_resource>(&autopmr::install_default().resource());
    if (!autopmr::pugixml_heap::install(counted, "the example")) return 1;
    // [/use]
    std::size_t languages = 0;
    {
        pugi::xml_document parsed;
        if (!parsed.load_buffer(text.data(), text.size())) return 1;
        languages = parsed.select_nodes("//iso_639_3_entry").size();
    }
    const autopmr::usage all = counted.observer().now();
    std::printf("%zu languages, %zu allocations, at most %zu bytes at once, %zu left\n", languages, all.count, all.peak, all.live);
    return languages > 7000 && all.count > 10 && all.live == 0 ? 0 : 1;
}

/// libxml2 on its own malloc and on the backend chosen for this machine: the languages of the world (package iso-codes) as trees, one
/// after the other, and all held at once.
///     bench.libxml2 [--benchmark_out=FILE] [--rounds=N]

#include "beside.hpp"

#include <autopmr/adapters/libxml2.hpp>
#include <autopmr/autopmr.hpp>

#include <libxml/parser.h>

namespace {

bool trees(const std::string& text, std::size_t times, std::size_t at_once) {
    std::vector<xmlDocPtr> held;
    bool                   good = true;
    for (std::size_t i = 0; i != times; ++i) {
        held.push_back(xmlReadMemory(text.data(), static_cast<int>(text.size()), nullptr, nullptr, 0));
        good = good && held.back() != nullptr;
        if (held.size() < at_once) continue;
        for (const xmlDocPtr one : held) xmlFreeDoc(one);
        held.clear();
    }
    xmlCleanupParser();
    return good;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string        text = bench::file_text("/usr/share/xml/iso-codes/iso_639-3.xml");
    std::vector<bench::load> loads;
    if (text.empty()) std::cerr << "bench.libxml2: no iso_639-3.xml is here (Debian: iso-codes)\n";
    else loads = {{"libxml2, a tree at a time", [&] { return trees(text, 12, 1); }}, {"libxml2, 12 trees at once", [&] { return trees(text, 12, 12); }}};
    const auto on = [](std::pmr::memory_resource& chosen) {
        return autopmr::libxml2_heap::install(chosen, "bench", autopmr::assume_any_thread).what == autopmr::install_answer::installed;
    };
    return bench::beside(argc, argv, {{"its own"}, {"chosen default", [&] { return on(autopmr::install_default().resource()); }},
                                      {"system", [&] { return on(autopmr::system_backend.resource()); }}}, loads);
}

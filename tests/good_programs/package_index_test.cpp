/// The package index's work under each guard, against the same work on plain containers.
#include "guards.hpp"

#include "examples/package_index/input.hpp"

#include <fstream>
#include <memory>
#include <sstream>
#include <string>

using namespace good_programs;

namespace {

template <template <class> class Allocator>
std::string told(const package_graph<Allocator>& graph) {
    std::ostringstream text;
    text << graph.packages() << ' ' << graph.sections() << ' ' << graph.edges();
    for (const dependants& each : graph.most_needed(10)) text << ' ' << each.name << ' ' << each.count;
    return text.str();
}

/// Packages that need one another at random: more than the small index of the example's own test.
std::string an_index() {
    const std::string path = std::string(AUTOPMR_BINARY_DIR) + "/good_programs_Packages";
    std::ofstream     file(path);
    unsigned          seed = 1;
    for (int i = 0; i != 1500; ++i) {
        file << "Package: package-number-" << i << "\nVersion: 1." << i << "\nSection: section" << i % 23
             << "\nMaintainer: Somebody Who Maintains <somebody@example.org>\nDepends: ";
        for (int needs = 0; needs != 5; ++needs) {
            seed = seed * 1664525u + 1013904223u;
            file << (needs != 0 ? ", " : "") << "package-number-" << (seed >> 16) % 1700 << " (>= 1.0) | virtual" << needs;
        }
        file << "\nProvides: virtual" << i % 7 << "\nDescription: what number " << i << " is for,\n and a second line of it\n\n";
    }
    return path;
}

}  // namespace

TEST_CASE("the package index finds under a guard what it finds without") {
    for (const std::string& path : {std::string(AUTOPMR_SOURCE_DIR "/tests/examples/package_index/Packages"), an_index()}) {
        package_graph<std::allocator> model({}, {}, {});
        read_into(model, path);
        under_each_guard([&](resource& guard) {
            package_graph<std::pmr::polymorphic_allocator> graph(&guard, &guard, &guard);
            read_into(graph, path);
            CHECK(told(graph) == told(model));
        });
    }
}

// Whether a container survives any allocation that fails, uses the resource it was given and no other, and leaks nothing.
#include <autopmr/testing/default_resource_guard.hpp>
#include <autopmr/testing/exception_test_loop.hpp>
#include <autopmr/testing/test_resource_monitor.hpp>

#include <iostream>
#include <map>
#include <memory_resource>
#include <new>
#include <string>

using namespace autopmr::testing;

int main() {
    // [a_container]
    test_resource                resource("given"), fallen_through("default");
    const default_resource_guard guard(&fallen_through);
    std::pmr::string             name("a name that is too long to stay inside of the string itself", &resource);

    bool      unchanged = true;
    long long refused = exception_test_loop(resource, [&] {
        std::pmr::map<std::pmr::string, int> ages(&resource);
        try {
            ages.emplace(name, 41);
        } catch (const std::bad_alloc&) {
            unchanged = unchanged && ages.empty();  // each time, whichever allocation it was that failed
            throw;
        }
    });

    test_resource_monitor monitor(fallen_through);
    std::pmr::string      copy = name;  // copies take the default resource, by the standard's rules
    const bool            seen = monitor.delta_blocks_in_use() == 1;
    // [/a_container]
    std::cout << refused << " allocations refused, " << (unchanged ? "nothing changed" : "something changed") << '\n';
    return refused == 2 && unchanged && seen && resource.status() == -1 ? 0 : 1;
}

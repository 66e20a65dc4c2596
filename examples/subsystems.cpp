// A resource for each part of a program: a budget, counters, and a name to find them by.
#include <autopmr/autopmr.hpp>

#include <iostream>
#include <memory_resource>
#include <new>
#include <vector>

int main() {
    // [subsystems]
    autopmr::subsystem_options budget;
    budget.limit = 1 << 20;  // bytes, for everything named server.*
    autopmr::configure("server", budget).value_or_throw();

    std::pmr::vector<char> incoming(1000, &autopmr::subsystem("server.net"));
    std::pmr::vector<char> pages(1000, &autopmr::subsystem("server.cache"));
    bool                   refused = false;
    try {
        pages.resize(2 << 20);
    } catch (const autopmr::limit_exceeded&) {
        refused = true;  // the cache can't take what the server does not have; `pages` is as it was
    }
    std::cout << autopmr::subsystem_table();
    // [/subsystems]
    const auto server = autopmr::subsystem("server").usage();
    return refused && server.live == 2000 && server.failures == 1 ? 0 : 1;
}

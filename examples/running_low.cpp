// Memory runs low: a soft limit gives notice, and a failure callback makes room for the request that did not fit.
#include <autopmr/autopmr.hpp>

#include <iostream>
#include <memory_resource>
#include <vector>

// [running_low]
std::pmr::vector<char>* cache = nullptr;

void give_notice(void*, std::size_t live) noexcept { std::cout << "notice: " << live << " bytes live\n"; }

bool make_room(void*, std::size_t bytes, std::size_t, unsigned attempt) {
    std::cout << "no room for " << bytes << " bytes: dropping the cache\n";
    *cache = std::pmr::vector<char>(cache->get_allocator());
    return attempt == 1;  // tried again once; after that the caller gets the exception
}

int main() {
    autopmr::limit_resource            budget(1000);
    autopmr::soft_limit_resource       watched(700, 500, give_notice, nullptr, &budget);
    autopmr::failure_callback_resource memory(make_room, nullptr, &watched);

    std::pmr::vector<char> pages(800, &memory);  // above the soft limit: notice is given, once until it fell to 500
    std::pmr::vector<char> index(150, &memory);
    cache = &pages;
    std::pmr::vector<char> order(500, &memory);  // does not fit, until the cache is dropped
    // [/running_low]
    return memory.calls() == 1 && budget.observer().now().live == 650 ? 0 : 1;
}

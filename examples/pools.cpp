// Pools under containers: one for a single thread, one that threads share, and what they say of themselves.
#include <autopmr/autopmr.hpp>

#include <iostream>
#include <map>
#include <memory_resource>
#include <string>
#include <thread>

int main() {
    // [pool]
    autopmr::pool_resource pool;  // over the default resource; one thread
    {
        std::pmr::map<int, std::pmr::string> names(&pool);
        for (int i = 0; i != 1000; ++i) names.emplace(i, "a name that does not fit into the string itself");
        std::cout << pool.usage().live_blocks << " blocks in " << pool.usage().chunks << " chunks\n";
    }
    pool.trim();  // all of them are wholly free by now
    // [/pool]

    // [concurrent_pool]
    autopmr::concurrent_pool_resource shared;  // any thread
    std::pmr::map<int, int>           squares(&shared), cubes(&shared);
    std::thread other([&] { for (int i = 0; i != 1000; ++i) cubes.emplace(i, i * i * i); });
    for (int i = 0; i != 1000; ++i) squares.emplace(i, i * i);
    other.join();
    cubes.clear();  // freed here, allocated there: the blocks go back to where they came from
    // [/concurrent_pool]
    std::cout << shared.usage().chunks << " chunks in the shared pool\n";
    return pool.usage().chunks == 0 && squares.size() == 1000 && shared.usage().chunks != 0 ? 0 : 1;
}

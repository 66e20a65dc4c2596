// What is built and dropped together: one arena for every request, emptied in between.
#include <autopmr/autopmr.hpp>

#include <iostream>
#include <memory_resource>
#include <string>
#include <vector>

int main() {
    // [arena]
    alignas(16) std::byte   buffer[1024];  // enough for most requests
    autopmr::arena_resource arena(buffer, sizeof buffer, &autopmr::mapped());
    std::size_t             reserved = 0;
    for (int request = 0; request != 1000; ++request) {
        {
            std::pmr::vector<std::pmr::string> words(&arena);
            for (int i = 0; i != request % 100; ++i) words.emplace_back("a word that is too long for the string itself");

            const auto before = arena.mark();  // what comes now is needed for a moment only
            std::pmr::vector<int>(1000, 7, &arena);
            arena.rollback(before);
        }
        if (request == 500) reserved = arena.now().reserved;
        arena.reset();  // all blocks are gone, the chunks stay
    }
    // [/arena]
    std::cout << arena.now().chunks << " chunks, " << arena.now().reserved << " bytes for 1000 requests\n";
    return arena.now().used == 0 && arena.now().reserved == reserved && reserved == autopmr::mapped().bytes() ? 0 : 1;
}

// A stack of parts, and what it says of itself: small blocks from a budget that may overflow, large ones on pages of their own.
#include <autopmr/autopmr.hpp>

#include <iostream>
#include <memory>
#include <memory_resource>
#include <vector>

int main() {
    // [stack]
    auto& system = autopmr::system_backend.resource();
    auto  budget = std::make_shared<autopmr::limit_resource>(1000, &system);
    auto  small = std::make_shared<autopmr::fallback_resource>(budget, &system);
    auto  large = std::make_shared<autopmr::aligned_resource>(4096, autopmr::aligned_resource::sizes::whole, &system);

    autopmr::segregating_resource by_size(512, small, large);
    std::pmr::vector<char>        name(400, &by_size), words(400, &by_size), more(400, &by_size);
    std::pmr::vector<char>        page(5000, &by_size);

    std::cout << autopmr::describe(&by_size);  // a line a layer, with what matters of it
    // [/stack]
    const bool aligned = reinterpret_cast<std::uintptr_t>(page.data()) % 4096 == 0;
    return aligned && small->fallen_back() == 1 && budget->observer().now().live == 800 ? 0 : 1;
}

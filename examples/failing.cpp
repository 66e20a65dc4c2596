// What does this code do when memory is out? Let each allocation fail in turn, and look.
#include <autopmr/autopmr.hpp>

#include <iostream>
#include <memory_resource>
#include <new>
#include <string>
#include <vector>

int main() {
    // [failing]
    autopmr::failing_resource                memory(std::pmr::new_delete_resource());
    std::pmr::vector<std::pmr::string>       names({"one that is too long to stay in place"}, &memory);
    const std::pmr::vector<std::pmr::string> before = names;
    unsigned                                 failed = 0;
    for (unsigned n = 1;; ++n) {
        memory.observer().fail_at(n);
        try {
            names.insert(names.end(), 2, "another that is too long to stay in place");
            break;  // fewer than n allocations: all of them were tried
        } catch (const std::bad_alloc&) {
            ++failed;
            if (names != before) return 1;  // insert at the end changes all or nothing
        }
    }
    std::cout << failed << " failures, and nothing was lost\n";
    // [/failing]
    return failed > 0 && names.size() == 3 ? 0 : 1;
}

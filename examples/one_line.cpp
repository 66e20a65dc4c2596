// One line in main, and every std::pmr container uses the backend that was chosen for this machine.
#include <autopmr/autopmr.hpp>

#include <memory_resource>
#include <string>
#include <vector>

int main() {
    // [one_line]
    autopmr::install_default();

    std::pmr::vector<std::pmr::string> names;  // on the chosen backend, and so are the strings in it
    names.emplace_back("a name that is too long to stay inside of the string itself");
    // [/one_line]
    return names.get_allocator().resource() == &autopmr::default_decision().resource() ? 0 : 1;
}

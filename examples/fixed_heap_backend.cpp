// All of a program on one region of memory, as firmware has it.
#include <autopmr/autopmr.hpp>

#include <iostream>
#include <memory_resource>
#include <vector>

int main() {
    // [fixed_heap_backend]
    alignas(16) static char region[1 << 20];
    if (const auto given = autopmr::set_fixed_heap(region, sizeof region); !given.ok()) std::cout << given.error() << '\n';

    autopmr::policy program;
    program.backend = "fixed_heap";
    std::cout << autopmr::install_default(program).line() << '\n';

    std::pmr::vector<int> samples(1000);  // in the region
    // [/fixed_heap_backend]
    const auto* at = reinterpret_cast<const char*>(samples.data());
    return at >= region && at < region + sizeof region ? 0 : 1;
}

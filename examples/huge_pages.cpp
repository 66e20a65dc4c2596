// Large tables on huge pages, and what the machine really gave.
#include <autopmr/autopmr.hpp>

#include <cstdint>
#include <iostream>
#include <memory_resource>
#include <vector>

int main() {
    // [huge_pages]
    autopmr::huge_page_resource     huge;
    std::pmr::vector<std::uint64_t> table(1 << 20, 7, &huge);

    const autopmr::huge_page_usage got = huge.usage();
    std::cout << got.reserved << " bytes on reserved huge pages, " << got.advised << " advised, " << got.ordinary
              << " ordinary\n";
    if (got.reserved == 0) std::cout << "not reserved: " << got.why_not_reserved << '\n';
    if (got.ordinary != 0) std::cout << "not advised: " << got.why_not_advised << '\n';
    // [/huge_pages]
    return got.reserved + got.advised + got.ordinary >= 8 << 20 ? 0 : 1;
}

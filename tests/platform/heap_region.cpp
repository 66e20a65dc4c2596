// Without an operating system the backend fixed_heap serves from the region that the linker names, before anybody gives one.
#include <autopmr/backends/fixed_heap.hpp>

#include <cstdio>

extern "C" {
extern char test_region[65536];
char        test_region[65536];
}

int main() {
    char       other[1024];
    int        failures = 0;
    const auto check = [&](bool good, const char* promise) {
        if (good) return;
        ++failures;
        std::printf("broken: %s\n", promise);
    };
    const auto* p = static_cast<const char*>(autopmr::fixed_heap_backend.allocate(1000, 64));
    check(p >= test_region && p < test_region + sizeof test_region, "it serves from the linker's region");
    check(autopmr::fixed_heap_backend.why_not().empty(), "it can serve");
    check(!autopmr::set_fixed_heap(other, sizeof other).ok(), "a region comes too late after the first use");
    const std::size_t committed = autopmr::fixed_heap_backend.usage().committed;
    check(committed > 60000 && committed <= sizeof test_region, "all of the region is used");
    return failures == 0 ? 0 : 1;
}

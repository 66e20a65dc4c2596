// A library in C that has no bridge: its hooks take a context, and the old size at free.
#include <autopmr/adapters/c_heap.hpp>
#include <autopmr/adapters/sized_c_heap.hpp>
#include <autopmr/autopmr.hpp>

#include <cstdio>
#include <cstring>

int main() {
    autopmr::statistics_resource counted;
    autopmr::c_heap              heap(&counted);
    autopmr::sized_c_heap        sized(&counted);
    char* const                  text = heap.strdup("what a library in C keeps");
    void* const                  block = sized.malloc(100);
    const bool                   went_through = counted.observer().now().count == 2 && std::strlen(text) == 25;
    heap.free(text);
    sized.free(block, 100);
    std::printf("%s\n", went_through ? "two blocks, both through the resource" : "FAILED");
    return went_through && counted.observer().now().live == 0 ? 0 : 1;
}

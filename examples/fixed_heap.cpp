// A heap in a buffer: constant time, no operating system, and it says how it is.
#include <autopmr/autopmr.hpp>

#include <iostream>
#include <memory_resource>
#include <string>
#include <vector>

int main() {
    // [fixed_heap]
    alignas(16) static char      buffer[64 * 1024];
    autopmr::fixed_heap_resource heap(buffer, sizeof buffer);
    {
        std::pmr::vector<std::pmr::string> log(&heap);
        for (int i = 0; i != 100; ++i) log.emplace_back("a line that is too long for the string itself, number " + std::to_string(i));
        void* dma = heap.try_allocate(512, 256);  // null when there is no room: no exception
        std::cout << heap.used() << " of " << heap.capacity() << " bytes in " << heap.blocks() << " blocks; the largest free one has "
                  << heap.largest_free() << '\n';
        heap.deallocate(dma, 512, 256);
    }
    std::size_t blocks = 0;
    heap.walk([&](const autopmr::heap_block& one) { blocks += 1, std::cout << one.address << ' ' << one.bytes << (one.used ? " used\n" : " free\n"); });
    if (const autopmr::heap_flaw flaw = heap.check(); flaw.found()) std::cout << flaw.what << " at " << flaw.where << '\n';
    // [/fixed_heap]
    return blocks == 1 && heap.used() == 0 && heap.peak() > 8000 && !heap.check().found() ? 0 : 1;
}

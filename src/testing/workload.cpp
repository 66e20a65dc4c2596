#include "workload.hpp"

#include <cstring>

namespace autopmr::testing {

bool patterned_block::intact() const noexcept {
    const auto* first = static_cast<const unsigned char*>(p);
    // Equal to itself, one byte on: all bytes are alike.
    return bytes == 0 || (*first == pattern && std::memcmp(first, first + 1, bytes - 1) == 0);
}

void* take(std::pmr::memory_resource& from, std::size_t bytes, std::size_t alignment) {
    // Standard libraries mark allocate() as never null and always aligned; through a volatile the checks stay checks.
    void* volatile p = from.allocate(bytes, alignment);
    return p;
}

patterned_block take_patterned(std::pmr::memory_resource& from, std::size_t bytes, std::size_t alignment,
                               unsigned char pattern) {
    const patterned_block block{take(from, bytes, alignment), bytes, alignment, pattern};
    if (block.p != nullptr && bytes != 0) std::memset(block.p, pattern, bytes);
    return block;
}

void give_back(std::pmr::memory_resource& to, const patterned_block& block) {
    to.deallocate(block.p, block.bytes, block.alignment);
}

}  // namespace autopmr::testing

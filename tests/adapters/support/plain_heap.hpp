#pragma once
/// \file
/// The shape of c_heap over plain malloc, counting: what a library asks for, and does, without any of our code between.

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <map>
#include <vector>

#include "tests/support/child.hpp"

namespace autopmr_test {

struct plain_heap {
    std::size_t                  allocations = 0, bytes = 0, until_refusal = 0;
    std::map<void*, std::size_t> blocks;

    void* malloc(std::size_t size) {
        if (until_refusal != 0 && --until_refusal == 0) return nullptr;
        void* const block = std::malloc(size != 0 ? size : 1);
        ++allocations, bytes += size, blocks[block] = size;
        return block;
    }
    void* calloc(std::size_t count, std::size_t size) {
        void* const block = malloc(count * size);
        return block != nullptr ? std::memset(block, 0, count * size) : nullptr;
    }
    void* realloc(void* block, std::size_t size) {  // moves when c_heap would
        if (block == nullptr) return malloc(size);
        const std::size_t old = blocks.at(block);
        if (size <= old && size >= old / 2) return block;
        void* const moved = malloc(size);
        if (moved == nullptr) return nullptr;
        std::memcpy(moved, block, std::min(old, size));
        free(block);
        return moved;
    }
    void free(void* block) {
        blocks.erase(block);
        std::free(block);
    }
};

/// As c_heap_hooks, of a plain_heap.
struct plain_hooks {
    static void* malloc(void* heap, std::size_t size) { return static_cast<plain_heap*>(heap)->malloc(size); }
    template <class Count>
    static void* items(void* heap, Count count, Count size) { return malloc(heap, static_cast<std::size_t>(count) * static_cast<std::size_t>(size)); }
    static void  free(void* heap, void* block) { static_cast<plain_heap*>(heap)->free(block); }
};

/// The n, of those up to `traffic`, at which the library ends the process itself when plain malloc refuses: over no code of ours.
template <class Malloc>
std::vector<std::size_t> deadly(Malloc&& over_malloc, std::size_t traffic) {
    std::vector<std::size_t> found;
    for (std::size_t n = 1; n <= traffic; ++n) {
        const auto end = in_child([&] {
            plain_heap plain;
            plain.until_refusal = n;
            over_malloc(plain);
            return 0;
        });
        if (end.exit_status != 0) found.push_back(n);
    }
    return found;
}

}  // namespace autopmr_test

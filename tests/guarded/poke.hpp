#pragma once
/// \file
/// Misuse on purpose, and memory to commit it in that can still be looked at afterwards.

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory_resource>
#include <new>
#include <utility>

namespace autopmr_test {

/// Reads and writes that AddressSanitizer does not see: it would report them at once, and the guard is what is tested.
[[gnu::noinline, gnu::no_sanitize_address]] inline void poke(void* block, std::ptrdiff_t at, unsigned char value) {
    static_cast<volatile unsigned char*>(block)[at] = value;
}
[[gnu::noinline, gnu::no_sanitize_address]] inline unsigned char peek(const void* block, std::ptrdiff_t at) {
    return static_cast<const volatile unsigned char*>(block)[at];
}

/// An upstream that never uses memory again, and counts what comes back.
class keeping_upstream final : public std::pmr::memory_resource {
public:
    ~keeping_upstream() override {
        for (const auto& [block, shape] : blocks) std::pmr::new_delete_resource()->deallocate(block, shape.first, shape.second);
    }
    std::map<void*, std::pair<std::size_t, std::size_t>> blocks;
    std::size_t                                          back = 0, wrong = 0, largest = 0;

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        void* const block = std::pmr::new_delete_resource()->allocate(bytes, alignment);
        blocks[block] = {bytes, alignment};
        largest = std::max(largest, bytes);
        return block;
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        const auto found = blocks.find(block);
        ++back;
        if (found == blocks.end() || found->second != std::pair(bytes, alignment)) ++wrong;
    }
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
};

}  // namespace autopmr_test

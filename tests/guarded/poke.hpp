#pragma once
/// \file
/// Misuse on purpose, and memory to commit it in that can still be looked at afterwards.

#include <autopmr/fault_report.hpp>

#include "support/child.hpp"

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <map>
#include <memory_resource>
#include <new>
#include <utility>

#include <unistd.h>

namespace autopmr_test {

/// Reads and writes that AddressSanitizer does not see: it would report them at once, and the guard is what is tested.
[[gnu::noinline, gnu::no_sanitize_address]] inline void poke(void* block, std::ptrdiff_t at, unsigned char value) {
    static_cast<volatile unsigned char*>(block)[at] = value;
}
[[gnu::noinline, gnu::no_sanitize_address]] inline unsigned char peek(const void* block, std::ptrdiff_t at) {
    return static_cast<const volatile unsigned char*>(block)[at];
}

/// Whether a child that touches it is stopped by a memory fault; no sanitizer's handler comes before the child's.
inline bool faults(const void* at, autopmr::fault_access how = autopmr::fault_access::read) {
    const auto end = in_child([=] {
        for (const int signal : {SIGSEGV, SIGBUS}) std::signal(signal, [](int) { ::_exit(86); });
        if (how == autopmr::fault_access::write) poke(const_cast<void*>(at), 0, 1);
        else static_cast<void>(peek(at, 0));
        return 0;
    });
    return end.exit_status == 86;
}

inline bool zero(const void* at, std::size_t bytes) {
    const auto* const c = static_cast<const char*>(at);
    return std::all_of(c, c + bytes, [](char one) { return one == 0; });
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

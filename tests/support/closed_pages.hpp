#pragma once
/// \file
/// A guard for tests: pages that may not be touched, of which it says that each begins with a freed block of 64 bytes.

#include "src/platform/os.hpp"
#include "src/support/fault_sources.hpp"

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>

namespace autopmr_test {

using namespace autopmr;

inline const std::size_t page = os::page_size();

class closed_pages final : public fault_source {
public:
    explicit closed_pages(std::size_t count = 4, fault_handler own = nullptr)
        : bytes_(count * page), own_(own),
          begin_(static_cast<char*>(::mmap(nullptr, bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
        fault_sources::join(*this);
    }
    ~closed_pages() {
        fault_sources::leave(*this);
        ::munmap(begin_, bytes_);
    }
    volatile char* at(std::size_t number) const { return begin_ + number * page; }

    bool explain(const void* address, fault_report& out) const noexcept override {
        const std::size_t at = reinterpret_cast<std::uintptr_t>(address) - reinterpret_cast<std::uintptr_t>(begin_);
        if (at >= bytes_) return false;
        out.kind = fault_kind::use_after_free;
        out.state = block_state::freed;
        out.resource = "closed_pages";
        out.expected_bytes = 64;
        out.block = begin_ + at / page * page;
        if (at % page >= 64) out.past_end = at % page - 64 + 1;
        return true;
    }
    bool open(const void* address) noexcept override {
        auto* const first = reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(address) & ~(page - 1));
        return opens && ::mprotect(first, page, PROT_READ | PROT_WRITE) == 0;
    }
    fault_handler handler_of(const void*) const noexcept override { return own_; }

    bool opens = true;

private:
    std::size_t   bytes_;
    fault_handler own_;
    char*         begin_;
};

}  // namespace autopmr_test

#include "src/support/attempt.hpp"

#include <autopmr/adapters/sqlite.hpp>
#include <autopmr/fault_report.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <new>

namespace autopmr {
namespace {

/// Lies right before the block. SQLite has sizes of an int, none below 0, and asks for an alignment of 8: so half of c_heap's header
/// is enough. It asks for the size of each block when it is made and when it goes, so that is all that is on the way.
struct header {
    std::uint32_t bytes;
    std::uint32_t tag;
};
constexpr std::size_t   alignment = 8;
constexpr std::uint32_t freed_mark = 0xDEADF4EEu;
static_assert(sizeof(header) == alignment);

/// What was installed; it is set before SQLite can call.
constinit std::pmr::memory_resource* upstream = nullptr;

/// What vouches for a block: of where it lies and what its header says.
std::uint32_t tag_of(const header* at, std::uint32_t bytes) noexcept {
    return (static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(at)) ^ bytes) * 0x9E3779B1u + 1;
}

header* before(void* block) noexcept { return static_cast<header*>(block) - 1; }

[[gnu::cold]] void report(const void* block, const header* about, bool possible) noexcept {
    const bool   freed = possible && about->tag == (tag_of(about, about->bytes) ^ freed_mark);
    fault_report fault;
    fault.kind = freed ? fault_kind::double_free : fault_kind::foreign_pointer;
    fault.access = fault_access::free;
    fault.state = freed ? block_state::freed : block_state::unknown;
    fault.address = block;
    fault.resource = "sqlite_heap";
    if (freed) fault.block = block, fault.expected_bytes = about->bytes, fault.expected_alignment = alignment;
    report_fault(fault);
}

int xinit(void*) { return SQLITE_OK; }

void xshutdown(void*) {}

void* xmalloc(int wanted) {
    const auto  bytes = static_cast<std::uint32_t>(wanted);
    void* const whole = allocate_or_null(*upstream, sizeof(header) + bytes, alignment);
    if (whole == nullptr) [[unlikely]] return nullptr;
    auto* const at = static_cast<header*>(whole);
    return new (at) header{bytes, tag_of(at, bytes)} + 1;
}

void xfree(void* block) {
    header* const at = before(block);
    const bool    possible = (reinterpret_cast<std::uintptr_t>(block) & (alignment - 1)) == 0;  // else it is not even read
    if (!possible || at->tag != tag_of(at, at->bytes)) [[unlikely]] return report(block, at, possible);
    at->tag ^= freed_mark;
    upstream->deallocate(at, sizeof(header) + at->bytes, alignment);
}

/// Before a block is freed SQLite asks this, also of what is none and lies anywhere: its free is what checks it.
int xsize(void* block) {
    int bytes;
    std::memcpy(&bytes, static_cast<const std::byte*>(block) - sizeof(header), sizeof bytes);
    return bytes;
}

/// As c_heap: what shrinks to no less than half stays, and making a block smaller never fails.
void* xrealloc(void* block, int wanted) {
    const int old = xsize(block);
    if (wanted <= old && wanted >= old / 2) return block;
    void* const moved = xmalloc(wanted);
    if (moved == nullptr) return wanted <= old ? block : nullptr;
    std::memcpy(moved, block, static_cast<std::size_t>(std::min(old, wanted)));
    xfree(block);
    return moved;
}

// SQLite counts on multiples of 8 only.
int xroundup(int bytes) { return (bytes + 7) & ~7; }

}  // namespace

install_answer::kind sqlite_hooks::give(std::pmr::memory_resource& immortal) noexcept {
    upstream = &immortal;
    sqlite3_mem_methods methods{};
    methods.xMalloc = xmalloc;
    methods.xFree = xfree;
    methods.xRealloc = xrealloc;
    methods.xSize = xsize;
    methods.xRoundup = xroundup;
    methods.xInit = xinit;
    methods.xShutdown = xshutdown;
    switch (sqlite3_config(SQLITE_CONFIG_MALLOC, &methods)) {
        case SQLITE_OK: return install_answer::installed;
        case SQLITE_MISUSE: return install_answer::too_late;
        default: return install_answer::refused_by_library;
    }
}

}  // namespace autopmr

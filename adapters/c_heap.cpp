#include "src/platform/os.hpp"
#include "src/support/attempt.hpp"

#include <autopmr/adapters/c_heap.hpp>
#include <autopmr/fault_report.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <new>

namespace autopmr {

/// Lies right before the block.
struct alignas(c_heap::alignment) c_heap::header {
    std::size_t bytes;   // what the block holds
    unsigned    shift;   // its alignment is 1 << shift
    unsigned    tag;

    static void*   make(const c_heap& heap, std::size_t bytes, std::size_t real) noexcept;
    static header* of(const c_heap& heap, const void* block) noexcept;  // null after a fault
    static void    report(const c_heap& heap, const void* block) noexcept;
};

namespace {

constexpr unsigned freed_mark = 0xDEADF4EEu;

/// From the beginning of the upstream's block to ours.
constexpr std::size_t before(std::size_t alignment) noexcept { return std::max(alignment, c_heap::alignment); }

/// What vouches for a block: of where it lies, whose it is, and what its header says. Three times for each block, so inline.
inline unsigned tag_of(const void* block, const c_heap* heap, std::size_t bytes, unsigned shift) noexcept {
    const std::uint64_t mixed = (reinterpret_cast<std::uintptr_t>(block) ^ (reinterpret_cast<std::uintptr_t>(heap) << 17) ^
                                 (std::uint64_t{bytes} << 5) ^ shift) * 0x9E3779B97F4A7C15u;
    return static_cast<unsigned>(mixed >> 32);
}

bool possible(const void* block) noexcept { return (reinterpret_cast<std::uintptr_t>(block) & (c_heap::alignment - 1)) == 0; }

}  // namespace

/// `real` is known where this is inlined into malloc: what is computed of it costs nothing there.
[[gnu::always_inline]] inline void* c_heap::header::make(const c_heap& heap, std::size_t bytes, std::size_t real) noexcept {
    if (bytes > PTRDIFF_MAX - real) [[unlikely]] return nullptr;
    void* const whole = allocate_or_null(*heap.upstream_.get(), real + bytes, real);
    if (whole == nullptr) [[unlikely]] return nullptr;
    std::byte* const block = static_cast<std::byte*>(whole) + real;
    const unsigned   shift = static_cast<unsigned>(std::countr_zero(real));
    new (block - sizeof(header)) header{bytes, shift, tag_of(block, &heap, bytes, shift)};
    return block;
}

inline c_heap::header* c_heap::header::of(const c_heap& heap, const void* block) noexcept {
    if (possible(block)) [[likely]] {  // else it is not even read
        header* const found = const_cast<header*>(static_cast<const header*>(block) - 1);
        if (found->tag == tag_of(block, &heap, found->bytes, found->shift)) [[likely]] return found;
    }
    report(heap, block);
    return nullptr;
}

[[gnu::cold]] void c_heap::header::report(const c_heap& heap, const void* block) noexcept {
    const header* const found = static_cast<const header*>(block) - 1;
    const bool          freed = possible(block) && found->tag == (tag_of(block, &heap, found->bytes, found->shift) ^ freed_mark);
    fault_report        fault;
    fault.kind = freed ? fault_kind::double_free : fault_kind::foreign_pointer;
    fault.access = fault_access::free;
    fault.state = freed ? block_state::freed : block_state::unknown;
    fault.address = block;
    fault.resource = "c_heap";
    if (freed) fault.block = block, fault.expected_bytes = found->bytes, fault.expected_alignment = std::size_t{1} << found->shift;
    report_fault(fault);
}

[[gnu::no_sanitize_address, gnu::no_sanitize_thread]] bool c_heap::owns(const void* block) const noexcept {
    constexpr std::uintptr_t least_page = 4096;
    const auto               place = reinterpret_cast<std::uintptr_t>(block);
    if (!possible(block)) return false;
    const header* const about = static_cast<const header*>(block) - 1;
    // A block of another heap may lie where memory begins.
    if (place % least_page == 0 && !os::can_be_read(about)) return false;
    const unsigned right = tag_of(block, this, about->bytes, about->shift);
    return about->tag == right || about->tag == (right ^ freed_mark);
}

void* c_heap::malloc(std::size_t bytes) noexcept { return header::make(*this, bytes, alignment); }

void* c_heap::aligned_alloc(std::size_t wanted, std::size_t bytes) noexcept {
    if (!std::has_single_bit(wanted) || wanted > PTRDIFF_MAX) return nullptr;
    return header::make(*this, bytes, before(wanted));
}

void* c_heap::calloc(std::size_t count, std::size_t bytes) noexcept {
    if (bytes != 0 && count > PTRDIFF_MAX / bytes) return nullptr;
    void* const block = malloc(count * bytes);
    if (block != nullptr) std::memset(block, 0, count * bytes);
    return block;
}

void* c_heap::realloc(void* block, std::size_t bytes) noexcept {
    if (block == nullptr) return malloc(bytes);
    const header* const about = header::of(*this, block);
    if (about == nullptr) return nullptr;
    const std::size_t old = about->bytes;
    if (bytes <= old && bytes >= old / 2) return block;
    void* const moved = aligned_alloc(std::size_t{1} << about->shift, bytes);
    if (moved == nullptr) return bytes <= old ? block : nullptr;
    std::memcpy(moved, block, std::min(old, bytes));
    free(block);
    return moved;
}

void c_heap::free(void* block) noexcept {
    if (block == nullptr) return;
    header* const about = header::of(*this, block);
    if (about == nullptr) return;
    about->tag ^= freed_mark;
    const std::size_t real = std::size_t{1} << about->shift;
    upstream_.get()->deallocate(static_cast<std::byte*>(block) - real, real + about->bytes, real);
}

std::size_t c_heap::usable_size(const void* block) const noexcept {
    const header* const about = block != nullptr ? header::of(*this, block) : nullptr;
    return about != nullptr ? about->bytes : 0;
}

char* c_heap::strdup(const char* text) noexcept {
    const std::size_t bytes = std::strlen(text) + 1;
    void* const       copy = malloc(bytes);
    return copy != nullptr ? static_cast<char*>(std::memcpy(copy, text, bytes)) : nullptr;
}

}  // namespace autopmr

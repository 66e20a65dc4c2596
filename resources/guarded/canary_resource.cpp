#include <autopmr/guarded/canary_resource.hpp>

#include <autopmr/errors.hpp>

#include "src/platform/os.hpp"
#include "src/support/announce.hpp"
#include "src/support/wipe.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <new>

namespace autopmr {
namespace {

constexpr std::size_t   front_bytes = 32, back_bytes = 16;
constexpr unsigned char new_fill = 0xcd;
// The zeroes at the end of a resource's number in headers: its address aligned to 8, moved by 16. An alignment is added to it.
constexpr std::uint64_t alignment_limit = std::uint64_t{1} << 19;

std::uint64_t mix(std::uint64_t x) noexcept {
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

/// One for the process, so that a block of another canary_resource is known as such.
std::uint64_t process_key() noexcept {
    static constinit std::atomic<std::uint64_t> first{0};
    std::uint64_t                               key = first.load(std::memory_order_relaxed);
    if (key != 0) return key;
    std::uint64_t drawn = os::random_key();
    // Merely hard to guess, where the system has nothing better: where the stack lies, and when this was.
    if (drawn == 0) drawn = mix(reinterpret_cast<std::uintptr_t>(&drawn) ^ os::clock_ticks() << 20) | 1;
    return first.compare_exchange_strong(key, drawn, std::memory_order_relaxed) ? drawn : key;
}

/// The bytes of a canary, in the order in which they lie in memory.
std::uint64_t canary(std::uint64_t from, std::size_t zero, std::size_t not_zero) noexcept {
    unsigned char bytes[sizeof from];
    from = mix(from);
    std::memcpy(bytes, &from, sizeof from);
    bytes[zero] = 0;  // a string that ran into it ends here
    bytes[not_zero] |= 1;  // the neighbour of the block: a terminating zero too far is seen
    std::memcpy(&from, bytes, sizeof from);
    return from;
}

std::uintptr_t number(const void* address) noexcept { return reinterpret_cast<std::uintptr_t>(address); }
unsigned char* bytes_at(void* address) noexcept { return static_cast<unsigned char*>(address); }

}  // namespace

/// Ends where the block begins. The upstream writes into what it has back: often the first 16 bytes, hence what tells that a block is
/// freed comes last.
struct canary_resource::header {
    std::uint64_t bytes, owner, cookie, guard;  // owner: and alignment; of a freed block: cookie holds its shape, guard its state

    static header*       of(void* block) noexcept { return reinterpret_cast<header*>(bytes_at(block) - sizeof(header)); }
    static std::uint64_t shape(std::uint64_t n, std::uint64_t alignment) noexcept { return n | alignment << 56; }

    /// Whether two words of memory that may be anyone's are so.
    [[gnu::no_sanitize_address]] bool ends_in(std::uint64_t third, std::uint64_t fourth) const noexcept {
        return cookie == third && guard == fourth;
    }
    [[gnu::no_sanitize_address]] bool begins_with(std::uint64_t first, std::uint64_t second) const noexcept {
        return bytes == first && owner == second;
    }
    [[gnu::no_sanitize_address]] bool is_cooked(std::uint64_t secret) const noexcept { return cookie == (secret ^ bytes ^ owner); }
    [[gnu::no_sanitize_address]] bool is_freed(std::uint64_t mark) const noexcept { return guard == mark; }
};

canary_resource::canary_resource(const canary_options& options, resource_ptr upstream) noexcept
    : owner_(std::uint64_t{number(this)} << 16), key_(process_key()), front_(canary(key_ + 1, 0, sizeof front_ - 1)),
      back_{canary(key_ + 2, 1, 0), mix(key_ + 3)}, plain_(!options.fill && !announce::watched()), options_(options), upstream_(std::move(upstream)) {
    static_assert(alignof(canary_resource) % alignof(std::uint64_t) == 0 && sizeof(header) == front_bytes && sizeof back_ == back_bytes);
}

void* canary_resource::do_allocate(std::size_t bytes, std::size_t alignment) {
    if (!std::has_single_bit(alignment)) [[unlikely]] throw_bad_alignment(bytes, alignment, options_.name);
    const std::size_t front = std::max(alignment, front_bytes);
    if (alignment > PTRDIFF_MAX / 2 || bytes > PTRDIFF_MAX - back_bytes - front) [[unlikely]] throw_out_of_memory(bytes, alignment, options_.name);
    auto* const block = bytes_at(upstream_.allocate(front + bytes + back_bytes, std::max(alignment, alignof(header)))) + front;
    const auto  owner = owner_ + alignment;
    ::new (header::of(block)) header{bytes, owner, key_ ^ number(block) ^ bytes ^ owner, front_};
    std::memcpy(block + bytes, back_, back_bytes);
    if (!plain_) [[unlikely]] conceal(block, bytes);
    return block;
}

void canary_resource::conceal(void* block, std::size_t bytes) const noexcept {
    if (options_.fill && bytes != 0) std::memset(block, new_fill, bytes);
    announce::hide(header::of(block), front_bytes);
    announce::hide(bytes_at(block) + bytes, back_bytes);
}

void canary_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    const std::uint64_t secret = key_ ^ number(block);
    const auto          owner = owner_ + alignment;
    // Where the header of a block would begin is neither in the first page nor where no block begins.
    if (number(block) < 4096 + front_bytes || number(block) % alignof(header) != 0) [[unlikely]] return misused(block, bytes, alignment);
    header* const head = header::of(block);
    if (!plain_) [[unlikely]] announce::show_as_written(head, front_bytes);
    // The cookie is made of what was given: where all of it agrees, the header holds what it should.
    if (!head->ends_in(secret ^ bytes ^ owner, front_) || !head->begins_with(bytes, owner)) [[unlikely]] return misused(block, bytes, alignment);
    if (!plain_) [[unlikely]] announce::show_as_written(bytes_at(block) + bytes, back_bytes);
    std::uint64_t after[2];
    std::memcpy(after, bytes_at(block) + bytes, back_bytes);
    if (((after[0] ^ back_[0]) | (after[1] ^ back_[1])) != 0) [[unlikely]] return misused(block, bytes, alignment);
    head->cookie = secret ^ header::shape(bytes, static_cast<unsigned>(std::countr_zero(alignment)));
    head->guard = ~secret;
    if (options_.fill && bytes != 0) [[unlikely]] std::memset(block, freed_fill, bytes);
    const std::size_t front = std::max(alignment, front_bytes);
    upstream_.deallocate(bytes_at(block) - front, front + bytes + back_bytes, std::max(alignment, alignof(header)));
}

/// What it was, slowly. The block is the upstream's no more, nor the program's: freed once, from now on.
[[gnu::noinline, gnu::cold]] void canary_resource::misused(void* block, std::size_t bytes, std::size_t alignment) const noexcept {
    fault_report report{.kind = fault_kind::foreign_pointer, .access = fault_access::free, .address = block, .resource = options_.name,
                        .subsystem = options_.subsystem, .given_bytes = bytes, .given_alignment = alignment};
    report.found.thread = os::thread_number();
    report.found.depth = os::call_stack(__builtin_return_address(0), report.found.frames, fault_moment::most_frames);
    constexpr std::uint64_t filled = 0x0101010101010101u * freed_fill;
    const std::uint64_t     secret = key_ ^ number(block);
    header* const           head = number(block) < 4096 + front_bytes || number(block) % alignof(header) != 0 ? nullptr : header::of(block);
    bool                    ours = false;
    if (head == nullptr) {
    } else if (head->is_freed(~secret)) {
        const std::uint64_t shape = head->cookie ^ secret;
        report.kind = fault_kind::double_free;
        report.expected_bytes = static_cast<std::size_t>(shape & ~(std::uint64_t{0xff} << 56));
        report.expected_alignment = std::size_t{1} << (shape >> 56 & 31);
    } else if (head->ends_in(filled, filled)) {  // by us or by what keeps freed blocks below
        report.kind = fault_kind::double_free;
    } else if (head->is_cooked(secret)) {
        ours = true;
        report.expected_bytes = static_cast<std::size_t>(head->bytes);
        const std::uint64_t low = head->owner & (alignment_limit - 1);  // a resource's own number has zeroes there
        report.expected_alignment = static_cast<std::size_t>(std::has_single_bit(head->owner - owner_) ? head->owner - owner_ : low);
        if (!std::has_single_bit(head->owner - owner_)) report.kind = fault_kind::wrong_resource;
        else if (report.expected_bytes != bytes) report.kind = fault_kind::wrong_size;
        else if (head->owner != owner_ + alignment) report.kind = fault_kind::wrong_alignment;
        else if (head->guard != front_) report.kind = fault_kind::underrun;
        else report.kind = fault_kind::overrun;
        if (report.kind == fault_kind::overrun) {
            const auto* const end = bytes_at(block) + bytes;
            std::size_t first = 0;
            while (first != back_bytes && end[first] == reinterpret_cast<const unsigned char*>(back_)[first]) ++first;
            report.address = end + first;
            report.past_end = first + 1;
        }
    } else if (head->begins_with(bytes, owner_ + alignment)) {  // it looks so; but nothing is written to where it may not be so
        report.kind = fault_kind::underrun;
        report.expected_bytes = bytes;
        report.expected_alignment = alignment;
    }
    if (report.kind == fault_kind::underrun) {
        std::size_t nearest = 1;  // bytes before the block
        while (nearest != sizeof front_ &&
               bytes_at(block)[-static_cast<std::ptrdiff_t>(nearest)] == reinterpret_cast<const unsigned char*>(&front_)[sizeof front_ - nearest])
            ++nearest;
        report.address = bytes_at(block) - nearest;
        report.before_start = nearest;
    }
    if (report.kind != fault_kind::foreign_pointer) {
        report.block = block;
        report.state = report.kind == fault_kind::double_free ? block_state::freed : block_state::live;
    }
    report_fault(report, options_.on_fault);
    if (!ours) return;
    head->cookie = secret ^ header::shape(report.expected_bytes, static_cast<unsigned>(std::countr_zero(report.expected_alignment)));
    head->guard = ~secret;
}

}  // namespace autopmr

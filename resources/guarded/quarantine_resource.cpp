#include <autopmr/guarded/quarantine_resource.hpp>

#include <autopmr/errors.hpp>

#include "resources/guarded/quarantine_resource_books.hpp"
#include "src/platform/os.hpp"
#include "src/support/announce.hpp"
#include "src/support/attempt.hpp"
#include "src/support/wipe.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <exception>
#include <mutex>
#include <optional>

namespace autopmr {
namespace {

/// Blocks that leave together, under one lock.
constexpr std::size_t a_few = 8;

/// The first byte that is not `fill`, or null.
const unsigned char* first_other(const unsigned char* from, std::size_t bytes, unsigned char fill) noexcept {
    // A block is as it was when its first byte is, and each other is as the one before it.
    if (bytes == 0 || (*from == fill && std::memcmp(from, from + 1, bytes - 1) == 0)) return nullptr;
    while (*from == fill) ++from;
    return from;
}

/// Takes the oldest until there are no more than that, or `out` is full. True in the latter case: there may be more.
bool take_some(quarantine_books& books, std::size_t blocks, std::size_t bytes, quarantined_block (&out)[a_few], std::size_t& n) noexcept {
    while (n != a_few && (books.count > blocks || books.bytes > bytes)) out[n++] = books.take();
    return n == a_few;
}

std::uint64_t seed_for(const void* resource) noexcept {
    const std::uint64_t drawn = os::random_key();
    return drawn != 0 ? drawn : reinterpret_cast<std::uintptr_t>(resource) ^ os::clock_ticks();
}

}  // namespace

quarantine_resource::quarantine_resource(const quarantine_options& options, resource_ptr upstream) noexcept
    : options_(options), books_(quarantine_books::make(options.most_blocks, seed_for(this))), watched_(announce::watched()),
      upstream_(std::move(upstream)) {
    options_.most_blocks = std::min(options_.most_blocks, std::size_t{1} << 24);  // as the books do
}

quarantine_resource::~quarantine_resource() {
    if (books_ == nullptr) return;
    evict(0, 0);
    books_->end();
}

void* quarantine_resource::do_allocate(std::size_t bytes, std::size_t alignment) {
    if (!std::has_single_bit(alignment)) throw_bad_alignment(bytes, alignment, options_.name);
    if (bytes > PTRDIFF_MAX || books_ == nullptr) throw_out_of_memory(bytes, alignment, options_.name);
    std::exception_ptr why;
    if (void* const block = attempt(upstream_, bytes, alignment, why)) return block;
    evict(0, 0);
    return upstream_.allocate(bytes, alignment);
}

void quarantine_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    if (books_ == nullptr)  // nothing was ever handed out
        return report_fault({.kind = fault_kind::foreign_pointer, .access = fault_access::free, .address = block, .resource = options_.name,
                             .subsystem = options_.subsystem, .given_bytes = bytes, .given_alignment = alignment}, options_.on_fault);
    std::optional<fault_report> twice;
    quarantined_block           leaving[a_few];
    std::size_t                 n = 0;
    std::uint64_t               frees = 0;
    bool                        more = false, straight = false;
    {
        const std::scoped_lock hold(lock_);
        frees = ++books_->frees;
        if (books_->has(block)) {
            twice.emplace(fault_report{.kind = fault_kind::double_free, .access = fault_access::free, .state = block_state::freed, .address = block,
                          .resource = options_.name, .subsystem = options_.subsystem, .given_bytes = bytes, .given_alignment = alignment, .block = block});
            for (std::size_t i = 0; i != books_->count; ++i)
                if (const quarantined_block& one = books_->at(i); one.block == block) {
                    twice->expected_bytes = one.bytes;
                    twice->expected_alignment = std::size_t{1} << one.alignment;
                    twice->frees_ago = books_->frees - one.sequence;
                }
        } else if (bytes > options_.most_bytes || options_.most_blocks == 0) {
            straight = true;
        } else {
            if (options_.zero) wipe(block, bytes);
            else if (bytes != 0) std::memset(block, freed_fill, bytes);
            if (watched_) announce::hide(block, bytes);
            books_->add({block, bytes, books_->frees, static_cast<std::uint32_t>(std::countr_zero(alignment)), false}, options_.shuffle);
            // Under the same lock, or threads that are about to would overfill the books.
            more = take_some(*books_, options_.most_blocks, options_.most_bytes, leaving, n);
        }
    }
    if (twice) {
        twice->found.thread = os::thread_number();
        twice->found.depth = os::call_stack(__builtin_return_address(0), twice->found.frames, fault_moment::most_frames);
        return report_fault(*twice, options_.on_fault);
    }
    if (straight) {
        if (options_.zero) wipe(block, bytes);
        upstream_.deallocate(block, bytes, alignment);
        return;
    }
    let_go(leaving, n, frees);
    if (more) evict(options_.most_blocks, options_.most_bytes);
}

/// Until there are no more than that.
void quarantine_resource::evict(std::size_t blocks, std::size_t bytes) noexcept {
    if (books_ == nullptr) return;
    for (bool more = true; more;) {
        quarantined_block leaving[a_few];
        std::uint64_t     frees = 0;
        std::size_t       n = 0;
        {
            const std::scoped_lock hold(lock_);
            frees = books_->frees;
            more = take_some(*books_, blocks, bytes, leaving, n);
        }
        let_go(leaving, n, frees);
    }
}

void quarantine_resource::let_go(const quarantined_block* leaving, std::size_t n, std::uint64_t frees) noexcept {
    for (const auto* one = leaving; one != leaving + n; ++one)
        if (!one->reported && !is_changed(*one, frees)) upstream_.deallocate(one->block, one->bytes, std::size_t{1} << one->alignment);
}

/// Reports where somebody wrote; what nobody did may be touched again.
bool quarantine_resource::is_changed(const quarantined_block& one, std::uint64_t frees) const noexcept {
    if (watched_) announce::show_as_written(one.block, one.bytes);
    const auto* const begin = static_cast<const unsigned char*>(one.block);
    const auto* const first = first_other(begin, one.bytes, options_.zero ? 0 : freed_fill);
    if (first == nullptr) return false;
    fault_report report{.kind = fault_kind::write_after_free, .state = block_state::freed, .address = first,
                        .resource = options_.name, .subsystem = options_.subsystem, .expected_bytes = one.bytes,
                        .expected_alignment = std::size_t{1} << one.alignment, .block = one.block, .frees_ago = frees - one.sequence + 1};
    report.found.thread = os::thread_number();
    report_fault(report, options_.on_fault);
    return true;
}

std::size_t quarantine_resource::verify() noexcept {
    if (books_ == nullptr) return 0;
    const std::scoped_lock hold(lock_);
    std::size_t            faults = 0;
    for (std::size_t i = 0; i != books_->count; ++i) {
        quarantined_block& one = books_->at(i);
        if (one.reported) continue;
        one.reported = is_changed(one, books_->frees);
        faults += one.reported ? 1 : 0;
        if (watched_) announce::hide(one.block, one.bytes);
    }
    return faults;
}

quarantine_usage quarantine_resource::usage() const noexcept {
    if (books_ == nullptr) return {};
    const std::scoped_lock hold(lock_);
    return {books_->count, books_->bytes};
}

layer_facts quarantine_resource::facts() const noexcept {
    const quarantine_usage now = usage();
    return layer_facts().append(now.blocks).append(" blocks and ").append(now.bytes).append(" bytes kept back");
}

void quarantine_resource::trim() noexcept {
    evict(0, 0);
    layer::trim();
}

}  // namespace autopmr

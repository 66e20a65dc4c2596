#pragma once
/// \file
/// Finds overruns, underruns and wrong deallocations when a block is freed, over any upstream.
///
/// Use it in tests, and in production where a few nanoseconds a pair and 48 bytes a block are affordable (above an alignment of 32:
/// alignment + 16). 32 bytes before each block hold its size, alignment, resource and a cookie that nobody can forge without the
/// process's key; 16 bytes after it begin at its last byte, however odd. Checked in this order: the cookie, before which nothing else is
/// believed; whether it was freed, as long as the upstream has not used the memory again; the resource; size; alignment; both
/// canaries. Not found: what is only read, what jumps over the canaries, one byte in 255 that is written as it was, a pointer to
/// memory that can't be read (a crash, not a report), of two threads that free a block at the same instant the second.
///
/// The container comes first, then the canary, then a quarantine_resource or zeroing_resource, then pools and backends: a pool over
/// a canary has its chunks guarded, not its blocks. AddressSanitizer and Memcheck see the canaries and report at the access.
/// It makes no system call. Any thread that may use the upstream; it has no lock, so nothing is to be said of fork. Throws
/// bad_alignment, out_of_memory where size and canaries are no size, and what the upstream throws.

#include <autopmr/fault_report.hpp>
#include <autopmr/layer.hpp>
#include <autopmr/resource_ptr.hpp>

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <utility>

namespace autopmr {

struct canary_options {
    const char*   name = "canary";     ///< in reports; immortal
    const char*   subsystem = "";      ///< in reports; immortal
    fault_handler on_fault = nullptr;  ///< null: the process's. Answered quarantine, the upstream never sees the block again
    bool          fill = false;        ///< new blocks with 0xCD, freed ones with 0xDF
};

class canary_resource final : public layer {
public:
    explicit canary_resource(const canary_options& options = {}, resource_ptr upstream = {}) noexcept;
    explicit canary_resource(resource_ptr upstream) noexcept : canary_resource(canary_options{}, std::move(upstream)) {}
    canary_resource(const canary_resource&) = delete;
    canary_resource& operator=(const canary_resource&) = delete;

    // As the base's, but a caller who knows this type pays no virtual call.
    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
        return do_allocate(bytes, alignment);
    }
    void deallocate(void* block, std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
        do_deallocate(block, bytes, alignment);
    }

    [[nodiscard]] std::string_view           name() const noexcept override { return options_.name; }
    [[nodiscard]] std::pmr::memory_resource* upstream_resource() const noexcept override { return upstream_.get(); }
    [[nodiscard]] layer*                     upstream_layer() const noexcept override { return upstream_.as_layer(); }

private:
    struct header;

    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void  do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override;
    bool  do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
    void  misused(void* block, std::size_t bytes, std::size_t alignment) const noexcept;
    void  conceal(void* block, std::size_t bytes) const noexcept;

    std::uint64_t  owner_;  // which resource, as headers say it
    std::uint64_t  key_, front_, back_[2];
    bool           plain_;  // nobody watches and nothing is filled
    canary_options options_;
    resource_ptr   upstream_;
};

}  // namespace autopmr

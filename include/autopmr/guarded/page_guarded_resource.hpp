#pragma once
/// \file
/// Every block on pages of its own: the first wrong access stops the program at the instruction that makes it.
///
/// Use it in tests, and for what parses untrusted input: a read or a write one byte beyond a typed block, any use after the free,
/// and a second free are all found at once; sizes, alignments and resources that do not match and what was written into the rest
/// of the pages, at the deallocation. Not for many small blocks in production: one of 64 bytes takes a page and some
/// microseconds, for which see sampled_guard_resource.hpp. Put it next to the container: a pool over it is one guard for a whole chunk.
///
/// Any thread; safe after fork. It lives in a guard_pool of its own, or in one that others share. Throws out_of_memory, as its
/// constructor does, where there is no place left and `exhausted` knows no other way; for alignments beyond 64 KiB (those that are no
/// power of two: bad_alignment). Misuse is reported to `on_fault`; an access fault is a signal, which fault_handler.hpp explains.

#include <autopmr/fault_report.hpp>
#include <autopmr/guard_pool.hpp>
#include <autopmr/layer.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string_view>

namespace autopmr {

/// When there is no place for a block: throw; take that of the oldest freed block, which then no longer faults, else throw; or hand
/// the request to `spare`, unguarded.
enum class guard_exhausted : unsigned char { refuse, recycle_oldest, upstream };

struct page_guarded_options {
    const char*                name = "page_guarded";  ///< immortal, for reports
    const char*                subsystem = "";         ///< the same
    guard_pool_options         pool = {};              ///< of the resource's own pool
    leak_answer                leaks = leak_answer::report;  ///< for blocks that live when the resource ends
    fault_handler              on_fault = nullptr;     ///< null: the process's
    guard_exhausted            exhausted = guard_exhausted::refuse;
    std::pmr::memory_resource* spare = nullptr;        ///< for `upstream`; null: refuse
};

class page_guarded_resource final : public layer {
public:
    /// In a pool of its own, which ends with it.
    explicit page_guarded_resource(const page_guarded_options& options = {});
    /// In a pool that outlives it. `options.pool` has no meaning then.
    explicit page_guarded_resource(guard_pool& shared, const page_guarded_options& options = {});
    ~page_guarded_resource() override;
    page_guarded_resource(const page_guarded_resource&) = delete;
    page_guarded_resource& operator=(const page_guarded_resource&) = delete;

    /// What is known of an address of this resource's pool.
    [[nodiscard]] guarded_block find(const void* address) const noexcept { return pool_.find(address); }
    /// Of the whole pool.
    [[nodiscard]] guard_pool_usage usage() const noexcept { return pool_.usage(); }
    /// Looks at what surrounds every live block, reports what was overwritten, and returns how many faults that were. A fault is
    /// reported once.
    std::size_t verify() noexcept { return pool_.verify(owner_); }
    /// How many blocks the spare resource served so far.
    [[nodiscard]] std::uint64_t unguarded() const noexcept { return unguarded_.load(std::memory_order_relaxed); }
    [[nodiscard]] guard_pool&   pool() noexcept { return pool_; }

    [[nodiscard]] std::string_view           name() const noexcept override { return owner_.name; }
    [[nodiscard]] thread_use                 threads() const noexcept override { return spare_ != nullptr ? threads_of(spare_) : thread_use::any_thread; }
    [[nodiscard]] layer_facts                facts() const noexcept override;
    [[nodiscard]] std::pmr::memory_resource* second_upstream_resource() const noexcept override { return spare_; }

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void  do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override;
    bool  do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

    std::optional<guard_pool>  own_;
    guard_pool&                pool_;
    guard_owner                owner_;
    guard_exhausted            exhausted_;
    std::pmr::memory_resource* spare_;
    std::atomic<std::uint64_t> unguarded_{0};
};

}  // namespace autopmr

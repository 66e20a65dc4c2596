#pragma once
/// \file
/// For production: puts one allocation in N on pages of its own, with every check of page_guarded_resource.
///
/// Use it over the resource that containers ask, so that overruns and uses after free of a running program show, each now and
/// then; in tests use page_guarded_resource, which misses none. The blocks come from a bounded pool that many resources share;
/// a block for which there is no room, and all others, come from the upstream. Sizes and alignments that this resource did not
/// sample yet come first, on account of later samples; as the pool fills up, blocks of shapes it has seen are passed over.
/// A thread that allocates nothing else pays about ten instructions a block. Not over an arena that is released as a whole: its
/// blocks keep the pool's room until this resource ends. Twice in one stack with the same pool only the lower one samples,
/// where the upper can see it.
///
/// Any thread that may use the upstream; a signal handler, if the upstream bears it; goes on after fork. Must outlive its blocks.
/// Throws what the upstream throws.

#include <autopmr/fault_report.hpp>
#include <autopmr/guard_pool.hpp>
#include <autopmr/layer.hpp>
#include <autopmr/resource_ptr.hpp>
#include <autopmr/sample_countdown.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace autopmr {

struct sampled_guard_options {
    const char *  name = "sampled_guard", *subsystem = "";  ///< immortal, for reports
    unsigned      rate = 5000;       ///< one in so many: the interval is uniform in [1, 2 * rate). 1: all that fit; 0: none, for one branch
    guard_pool*   pool = nullptr;    ///< outlives the resource; null: sampled_guard_pool(), asked for at the first sample
    fault_handler on_fault = nullptr;  ///< null: the process's
    leak_answer   leaks = leak_answer::ignore;
};

struct sampled_guard_usage {
    std::uint64_t sampled = 0;      ///< blocks so far that this resource took from the pool
    std::uint64_t passed_over = 0;  ///< samples that were due while the pool was full, or filling up
    std::size_t   live = 0;         ///< blocks in the pool now, all resources together
};

/// The process's pool: 64 live blocks, the last 128 that were freed still fault. Made at the first call, never destroyed.
/// Throws out_of_memory.
[[nodiscard]] guard_pool& sampled_guard_pool();

class sampled_guard_resource final : public layer {
public:
    explicit sampled_guard_resource(const sampled_guard_options& options = {}, resource_ptr upstream = {}) noexcept;
    ~sampled_guard_resource() override;
    sampled_guard_resource(const sampled_guard_resource&) = delete;
    sampled_guard_resource& operator=(const sampled_guard_resource&) = delete;

    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
        if (weight_ != 0) {
            const auto record = reinterpret_cast<std::uintptr_t>(this_thread_record());
            if (__builtin_expect(record <= thread_is_over, 0)) return allocate_slowly(bytes, alignment);
            if (__builtin_expect(sample_countdown::in(record).due(weight_), 0)) return allocate_slowly(bytes, alignment);
        }
        return upstream_.allocate(bytes, alignment);
    }
    void deallocate(void* block, std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
        const guard_pool* const pool = pool_->load(std::memory_order_acquire);
        if (pool != nullptr && __builtin_expect(pool->contains(block), 0)) return deallocate_slowly(block, bytes, alignment);
        upstream_.deallocate(block, bytes, alignment);
    }

    /// Looks at the surroundings of its live guarded blocks: how many faults that were.
    std::size_t                       verify() noexcept;
    [[nodiscard]] unsigned            rate() const noexcept { return rate_; }
    [[nodiscard]] sampled_guard_usage now() const noexcept;

    [[nodiscard]] std::string_view           name() const noexcept override { return "sampled_guard"; }
    [[nodiscard]] layer_facts                facts() const noexcept override;
    [[nodiscard]] std::pmr::memory_resource* upstream_resource() const noexcept override { return upstream_.get(); }
    [[nodiscard]] layer*                     upstream_layer() const noexcept override { return upstream_.as_layer(); }
    [[nodiscard]] thread_use                 threads() const noexcept override { return threads_below(); }

private:
    friend struct sampled_guard_start;
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void  do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override;
    bool  do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
    void* allocate_slowly(std::size_t bytes, std::size_t alignment);
    void  deallocate_slowly(void* block, std::size_t bytes, std::size_t alignment) noexcept;
    void* sample(std::size_t bytes, std::size_t alignment, bool is_new, sample_countdown& mine, const void* caller) noexcept;

    // What every call reads lies apart from what threads share.
    std::int64_t                    weight_;
    const std::atomic<guard_pool*>* pool_;  // of the process's pool, or `own_pool_`
    resource_ptr                    upstream_;
    unsigned                        rate_;
    std::atomic<bool>               enlisted_{false};
    std::atomic<guard_pool*>        own_pool_;
    guard_owner                     owner_;
    alignas(64) std::atomic<std::uint64_t> sampled_{0}, passed_over_{0}, room_;  // room: the pool's, once it is known
    std::atomic<std::uint64_t>             seen_[16] = {};  // shapes that were sampled, 64 to a word
};

}  // namespace autopmr

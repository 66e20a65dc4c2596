#pragma once
/// \file
/// Asks a second resource when the first refuses.
///
/// Use it for a fixed buffer that may overflow into a heap, or a budget that may be exceeded at a price. What throws
/// std::bad_alloc has refused. Blocks of the second are kept in a set, so that each goes back to where it came from; the
/// set's entries lie behind the blocks, 40 bytes or so each, so the set needs no memory of its own and never fails. While
/// the first serves nothing is kept: one load at deallocation. Any thread that may use both upstreams (fork_mutex.hpp says
/// how its own lock meets a fork). A block of the second that comes back with another size or alignment is reported as
/// misuse. Throws what the second throws. Where autopmr is built without exceptions a refusal of the first is the end.

#include <autopmr/fork_mutex.hpp>
#include <autopmr/layer.hpp>
#include <autopmr/resource_ptr.hpp>

#include <atomic>
#include <cstddef>
#include <memory_resource>
#include <string_view>
#include <utility>

namespace autopmr {

class fallback_resource final : public layer {
public:
    explicit fallback_resource(resource_ptr primary, resource_ptr secondary = {}) noexcept
        : primary_(std::move(primary)), secondary_(std::move(secondary)) {}
    fallback_resource(const fallback_resource&) = delete;
    fallback_resource& operator=(const fallback_resource&) = delete;

    /// Blocks of the second upstream that are live.
    [[nodiscard]] std::size_t fallen_back() const noexcept { return entries_.load(std::memory_order_relaxed); }

    [[nodiscard]] std::string_view           name() const noexcept override { return "fallback"; }
    [[nodiscard]] thread_use threads() const noexcept override { return threads_below(); }
    [[nodiscard]] std::pmr::memory_resource* upstream_resource() const noexcept override { return primary_.get(); }
    [[nodiscard]] layer*                     upstream_layer() const noexcept override { return primary_.as_layer(); }
    [[nodiscard]] std::pmr::memory_resource* second_upstream_resource() const noexcept override { return secondary_.get(); }
    [[nodiscard]] layer*      second_upstream_layer() const noexcept override { return secondary_.as_layer(); }
    [[nodiscard]] layer_facts facts() const noexcept override;

private:
    struct entry;
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void  do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override;
    bool  do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
    void* fall_back(std::size_t bytes, std::size_t alignment);
    bool  take_back(void* block, std::size_t bytes, std::size_t alignment) noexcept;

    resource_ptr             primary_, secondary_;
    std::atomic<std::size_t> entries_{0};
    fork_mutex               lock_;
    entry*                   root_ = nullptr;
};

}  // namespace autopmr

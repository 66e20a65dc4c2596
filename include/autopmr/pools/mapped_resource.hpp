#pragma once
/// \file
/// Whole pages from the operating system: the root for arenas and pools that should stay apart from malloc.
///
/// Use it below something that asks for large pieces; not for single small blocks, each of which takes a page and a call into
/// the system. Sizes are rounded up to pages; any alignment that is a power of two. Memory comes zeroed and goes back at once. Any
/// thread, no locks, safe after fork. Throws out_of_memory (where there is no operating system, always) and bad_alignment.

#include <autopmr/layer.hpp>

#include <atomic>
#include <cstddef>
#include <string_view>

namespace autopmr {

class mapped_resource final : public layer {
public:
    constexpr mapped_resource() noexcept = default;
    mapped_resource(const mapped_resource&) = delete;
    mapped_resource& operator=(const mapped_resource&) = delete;

    /// Bytes of the pages that are handed out now, and in how many blocks.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::size_t blocks() const noexcept { return blocks_.load(std::memory_order_relaxed); }

    [[nodiscard]] std::string_view name() const noexcept override { return "mapped"; }
    [[nodiscard]] thread_use threads() const noexcept override { return thread_use::any_thread; }

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void  do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override;
    bool  do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

    std::atomic<std::size_t> bytes_{0}, blocks_{0};
};

/// One for the whole process, never destroyed.
[[nodiscard]] mapped_resource& mapped() noexcept;

}  // namespace autopmr

#pragma once
/// \file
/// Raises the alignment of every block: to a cache line, a vector register, a page.
///
/// Use it under containers whose elements do not ask for the alignment themselves: buffers for SIMD or direct I/O, or, with
/// whole sizes, blocks of different threads that are to share no cache line. Not where the type says it: `alignas` reaches
/// std::pmr by itself. Any thread that may use the upstream. Throws bad_alignment, out_of_memory where the rounded size is
/// no size, and what the upstream throws; the upstream gets back the size and the alignment it was asked for.

#include <autopmr/layer.hpp>
#include <autopmr/resource_ptr.hpp>

#include <cstddef>
#include <memory_resource>
#include <string_view>
#include <utility>

namespace autopmr {

class aligned_resource final : public layer {
public:
    enum class sizes : bool { as_asked, whole };  ///< whole: rounded up to multiples of the alignment

    /// A power of two; another throws bad_alignment.
    explicit aligned_resource(std::size_t alignment, resource_ptr upstream = {})
        : aligned_resource(alignment, sizes::as_asked, std::move(upstream)) {}
    aligned_resource(std::size_t alignment, sizes rounding, resource_ptr upstream = {});
    aligned_resource(const aligned_resource&) = delete;
    aligned_resource& operator=(const aligned_resource&) = delete;

    // As the base's, but a caller who knows this type pays no virtual call.
    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
        return do_allocate(bytes, alignment);
    }
    void deallocate(void* block, std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
        do_deallocate(block, bytes, alignment);
    }

    [[nodiscard]] std::size_t                alignment() const noexcept { return alignment_; }
    [[nodiscard]] std::string_view           name() const noexcept override { return "aligned"; }
    [[nodiscard]] thread_use threads() const noexcept override { return threads_below(); }
    [[nodiscard]] std::pmr::memory_resource* upstream_resource() const noexcept override { return upstream_.get(); }
    [[nodiscard]] layer*                     upstream_layer() const noexcept override { return upstream_.as_layer(); }
    [[nodiscard]] layer_facts                facts() const noexcept override;

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void  do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override;
    bool  do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

    std::size_t  alignment_;
    std::size_t  rest_;  // alignment - 1 where sizes are rounded up, else 0
    resource_ptr upstream_;
};

}  // namespace autopmr

#pragma once
/// \file
/// A mimalloc heap of one's own: the cheapest memory there is for one thread, dropped as a whole.
///
/// Use it for work on one thread that is thrown away at once: the destructor frees every block. With mimalloc 1 and 2 only the
/// thread that made it allocates (another gets wrong_thread, each time: this is checked); any thread frees. With mimalloc 3 any
/// thread allocates. Destroy it on the thread that made it, before that thread ends; destroyed elsewhere, the heap's memory is
/// kept (with mimalloc 2 that is the only safe answer). Where mimalloc can't serve, why_not() says so and every allocation
/// throws out_of_memory. Throws out_of_memory, bad_alignment and wrong_thread; making one never throws.

#include <autopmr/layer.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace autopmr {

class mimalloc_heap_resource final : public layer {
public:
    mimalloc_heap_resource() noexcept;
    ~mimalloc_heap_resource() override;
    mimalloc_heap_resource(const mimalloc_heap_resource&) = delete;
    mimalloc_heap_resource& operator=(const mimalloc_heap_resource&) = delete;

    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
        return do_allocate(bytes, alignment);
    }
    void deallocate(void* block, std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
        do_deallocate(block, bytes, alignment);
    }

    /// Empty when it can serve.
    [[nodiscard]] std::string_view why_not() const noexcept { return why_not_; }
    [[nodiscard]] std::string_view name() const noexcept override { return "mimalloc_heap"; }
    [[nodiscard]] thread_use threads() const noexcept override { return thread_use::one_thread; }

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void  do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override;
    bool  do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

    void* allocate_from_heap(std::size_t bytes, std::size_t alignment);
    void* allocate_watched(std::size_t bytes, std::size_t alignment);
    void  deallocate_watched(void* block, std::size_t bytes) noexcept;

    std::string_view why_not_;
    void*            heap_ = nullptr;
    std::uint64_t    owner_ = 0;        ///< 0: any thread
    bool             watched_ = false;  ///< a tool wants to hear of each block
};

}  // namespace autopmr

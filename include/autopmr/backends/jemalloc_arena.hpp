#pragma once
/// \file
/// A jemalloc arena of one's own: memory apart from everything else, dropped as a whole.
///
/// Use it for a subsystem whose memory should not mix with others', or that is thrown away at once: the destructor frees every
/// block, whoever allocated it. Any thread allocates and frees. Its price: no caches per thread, so a pair costs four times
/// jemalloc's usual (35 ns against 9); put a pool on top where that matters. Not where jemalloc_backend can't serve: then
/// why_not() says so and every allocation throws out_of_memory. Throws out_of_memory and bad_alignment; making one never throws.

#include <autopmr/layer.hpp>

#include <cstddef>
#include <string_view>

namespace autopmr {

class jemalloc_arena_resource final : public layer {
public:
    jemalloc_arena_resource() noexcept;
    ~jemalloc_arena_resource() override;
    jemalloc_arena_resource(const jemalloc_arena_resource&) = delete;
    jemalloc_arena_resource& operator=(const jemalloc_arena_resource&) = delete;

    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
        return do_allocate(bytes, alignment);
    }
    void deallocate(void* block, std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
        do_deallocate(block, bytes, alignment);
    }

    /// Empty when it can serve.
    [[nodiscard]] std::string_view why_not() const noexcept { return why_not_; }
    [[nodiscard]] std::string_view name() const noexcept override { return "jemalloc_arena"; }
    [[nodiscard]] thread_use threads() const noexcept override { return thread_use::any_thread; }
    void                           trim() noexcept override;

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void  do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override;
    bool  do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

    void* allocate_from_arena(std::size_t bytes, std::size_t alignment);
    void* allocate_watched(std::size_t bytes, std::size_t alignment);
    void  release(void* block, std::size_t bytes, std::size_t alignment) noexcept;
    void  deallocate_watched(void* block, std::size_t bytes, std::size_t alignment) noexcept;

    std::string_view why_not_;
    unsigned         arena_ = 0;
    int              flags_ = 0;
    bool             watched_ = false;  ///< a tool wants to hear of each block
};

}  // namespace autopmr

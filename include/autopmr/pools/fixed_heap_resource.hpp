#pragma once
/// \file
/// A real heap in a buffer that it is given: allocate and deallocate in constant time, no operating system.
///
/// Use it for firmware, for regions of special memory (shared, locked, on the device), and where the slowest call counts. For
/// memory that is all dropped at once static_resource is smaller and faster; for speed alone take a pool over a backend.
/// One thread at a time: put synchronized_resource on top for more. allocate throws out_of_memory and bad_alignment;
/// try_allocate answers null and needs no exceptions. Sizes are bytes. A block costs one word (std::size_t) and is rounded
/// up with it to 16 bytes (8 where no type wants more); the least takes four words. Misuse at deallocation is reported
/// (fault_report.hpp): what is no block, or free, or of a size that does not round to the block's, or was written over. If that
/// comes back, the block stays out of circulation. Source: Masmano, Ripoll, Crespo, Real, "TLSF: a new dynamic memory
/// allocator for real-time systems", ECRTS 2004; to that, a look at the first few blocks of a size's own class.

#include <autopmr/layer.hpp>

#include <cstddef>
#include <string_view>

namespace autopmr {

template <class Steps>
class fixed_heap_engine;  // what works on the heap: the library's own

/// A block as walk() shows it. A used one may be a little larger than was asked for.
struct heap_block {
    void*       address;
    std::size_t bytes;
    bool        used;
};

/// What check() found: immortal words and the place; no words where all is well.
struct heap_flaw {
    std::string_view   what;
    const void*        where = nullptr;
    [[nodiscard]] bool found() const noexcept { return !what.empty(); }
};

class fixed_heap_resource final : public layer {
public:
    /// Without a buffer it refuses everything: capacity() is 0. Constant-initialised.
    constexpr fixed_heap_resource() noexcept = default;
    /// The buffer must outlive the heap; it may begin anywhere. What is null or too small is left alone.
    fixed_heap_resource(void* buffer, std::size_t bytes) noexcept { give(buffer, bytes); }
    ~fixed_heap_resource() override;
    fixed_heap_resource(const fixed_heap_resource&) = delete;
    fixed_heap_resource& operator=(const fixed_heap_resource&) = delete;

    /// Gives a heap that has none its buffer. False where it has one, or this one is null, too small, or can't be memory.
    bool give(void* buffer, std::size_t bytes) noexcept;
    /// A buffer of at least so many bytes is large enough for a heap with a block.
    static constexpr std::size_t least_buffer = 256;

    /// Null where there is no room, and for an alignment that is no power of two.
    [[nodiscard]] void* try_allocate(std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) noexcept;
    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
        return fixed_heap_resource::do_allocate(bytes, alignment);
    }
    void deallocate(void* block, std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
        fixed_heap_resource::do_deallocate(block, bytes, alignment);
    }

    /// What blocks can take of the buffer, each with its header; 0: the buffer was refused.
    [[nodiscard]] std::size_t capacity() const noexcept { return static_cast<std::size_t>(end_ - first_); }
    [[nodiscard]] std::size_t used() const noexcept { return used_; }      ///< of capacity(), by live blocks
    [[nodiscard]] std::size_t peak() const noexcept { return peak_; }      ///< the most that used() ever was
    [[nodiscard]] std::size_t blocks() const noexcept { return blocks_; }  ///< live ones
    /// The largest request that would be served now, at the default alignment.
    [[nodiscard]] std::size_t largest_free() const noexcept;

    /// Calls `visit(const heap_block&)` for every block, used and free, in the order of addresses. It must not use the heap.
    template <class Visit>
    void walk(Visit&& visit) const {
        for (heap_block b = block_at(nullptr); b.address != nullptr; b = block_at(&b))
            visit(static_cast<const heap_block&>(b));
    }
    /// Looks at every block, list and bit, and says what does not fit together; follows nothing that leads out of the buffer.
    [[nodiscard]] heap_flaw check() const noexcept;

    [[nodiscard]] std::string_view name() const noexcept override { return "fixed_heap"; }
    [[nodiscard]] thread_use threads() const noexcept override { return thread_use::one_thread; }
    [[nodiscard]] layer_facts      facts() const noexcept override {
        return layer_facts().append(used()).append(" of ").append(capacity()).append(" bytes used, ").append(peak()).append(" at most");
    }

private:
    template <class Steps>
    friend class fixed_heap_engine;
    void*      do_allocate(std::size_t bytes, std::size_t alignment) override;
    void       do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override;
    bool       do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
    heap_block block_at(const heap_block* before) const noexcept;

    char*         first_ = nullptr;  ///< the first block, and the word after the last one
    char*         end_ = nullptr;
    std::size_t*  bits_ = nullptr;   ///< a bit for each list that is not empty; one for each word of them in words_
    void**        heads_ = nullptr;  ///< the lists of free blocks, both in front of the blocks
    std::size_t   words_ = 0, lists_ = 0;
    unsigned char second_ = 0;  ///< log2 of the classes of a doubling
    bool          watched_ = false;
    std::size_t   used_ = 0, peak_ = 0, blocks_ = 0;
};

}  // namespace autopmr

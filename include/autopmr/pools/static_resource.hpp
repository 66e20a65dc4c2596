#pragma once
/// \file
/// A buffer inside the object, handed out from front to back: no upstream, no heap.
///
/// Use it for what is made once or dropped all at once and has a known bound: a message being put together, tables read at start.
/// Where blocks come and go in any order take a fixed_heap_resource: here only the last block given is taken back, all others
/// stay until reset(). One thread at a time. Sizes are bytes. What does not fit throws out_of_memory (try_allocate: null), a
/// wrong alignment bad_alignment. Deallocating what is not in the buffer or not handed out is reported (fault_report.hpp).

#include <autopmr/errors.hpp>
#include <autopmr/fault_report.hpp>
#include <autopmr/layer.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace autopmr {

template <std::size_t N>
class static_resource final : public layer {
    static_assert(N != 0 && N <= PTRDIFF_MAX);

public:
    static_resource() noexcept {}  // which leaves the buffer as it is
    static_resource(const static_resource&) = delete;
    static_resource& operator=(const static_resource&) = delete;

    /// Null where there is no room, and for an alignment that is no power of two.
    [[nodiscard]] void* try_allocate(std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) noexcept {
        const auto        next = reinterpret_cast<std::uintptr_t>(buffer_) + used_;
        const std::size_t gap = (0 - next) & (alignment - 1), room = N - used_;
        if (!is_alignment(alignment) || gap > room || taken(bytes) > room - gap) return nullptr;
        void* block = buffer_ + used_ + gap;
        used_ += gap + taken(bytes);
        return block;
    }
    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
        return static_resource::do_allocate(bytes, alignment);
    }
    void deallocate(void* block, std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
        static_resource::do_deallocate(block, bytes, alignment);
    }

    /// All of the buffer is free again; what was handed out is gone and must not be given back. release() is what std::pmr
    /// calls it.
    void reset() noexcept { used_ = 0; }
    void release() noexcept { reset(); }

    [[nodiscard]] std::size_t        used() const noexcept { return used_; }  ///< with what alignment left out
    [[nodiscard]] static std::size_t capacity() noexcept { return N; }
    [[nodiscard]] std::string_view   name() const noexcept override { return "static"; }
    [[nodiscard]] thread_use threads() const noexcept override { return thread_use::one_thread; }

private:
    static bool        is_alignment(std::size_t a) noexcept { return a != 0 && (a & (a - 1)) == 0; }
    static std::size_t taken(std::size_t bytes) noexcept { return bytes == 0 ? 1 : bytes; }  // so that each block is its own

    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        void* block = try_allocate(bytes, alignment);
        if (block != nullptr) return block;
        if (!is_alignment(alignment)) throw_bad_alignment(bytes, alignment, "static");
        throw_out_of_memory(bytes, alignment, "static");
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        const std::size_t at = reinterpret_cast<std::uintptr_t>(block) - reinterpret_cast<std::uintptr_t>(buffer_);
        if (at >= N) return report(fault_kind::foreign_pointer, block, bytes, alignment);
        if (at >= used_) return report(fault_kind::double_free, block, bytes, alignment);
        if (taken(bytes) > used_ - at) return report(fault_kind::wrong_size, block, bytes, alignment);
        if (taken(bytes) == used_ - at) used_ = at;
    }
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

    static void report(fault_kind kind, const void* at, std::size_t bytes, std::size_t alignment) noexcept {
        fault_report found;
        found.kind = kind;
        found.address = at;
        found.resource = "static";
        found.given_bytes = bytes;
        found.given_alignment = alignment;
        report_fault(found);
    }

    std::size_t used_ = 0;
    alignas(std::max_align_t) char buffer_[N];
};

}  // namespace autopmr

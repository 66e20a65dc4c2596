#pragma once
/// \file
/// Zeroes every block before the upstream has it back.
///
/// Use it so that what a program freed is not found by whoever gets the memory next, or in a core file. Not for keys:
/// secret_resource keeps those out of core files while they live, and out of swap. The whole size that the block was asked for is written, with
/// a store that the compiler may not leave out; what the upstream rounded up was never the program's. A short std::pmr::string
/// keeps its text in itself and never gets here. Put canary_resource above it: a wrong size is believed here. Any thread that may use the
/// upstream; nothing to be said of fork. Throws what the upstream throws.

#include <autopmr/layer.hpp>
#include <autopmr/resource_ptr.hpp>

#include <cstddef>
#include <memory_resource>
#include <string_view>
#include <utility>

namespace autopmr {

class zeroing_resource final : public layer {
public:
    explicit zeroing_resource(resource_ptr upstream = {}) noexcept : upstream_(std::move(upstream)) {}
    zeroing_resource(const zeroing_resource&) = delete;
    zeroing_resource& operator=(const zeroing_resource&) = delete;

    // As the base's, but a caller who knows this type pays no virtual call.
    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
        return do_allocate(bytes, alignment);
    }
    void deallocate(void* block, std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
        do_deallocate(block, bytes, alignment);
    }

    [[nodiscard]] std::string_view           name() const noexcept override { return "zeroing"; }
    [[nodiscard]] thread_use                 threads() const noexcept override { return threads_below(); }
    [[nodiscard]] std::pmr::memory_resource* upstream_resource() const noexcept override { return upstream_.get(); }
    [[nodiscard]] layer*                     upstream_layer() const noexcept override { return upstream_.as_layer(); }

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void  do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override;
    bool  do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

    resource_ptr upstream_;
};

}  // namespace autopmr

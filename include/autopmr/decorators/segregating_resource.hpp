#pragma once
/// \file
/// Two upstreams, chosen by size: small blocks from one, large ones from the other.
///
/// Use it to give small blocks a pool and to keep large ones out of it. std::pmr hands sizes back, so nothing is kept of a
/// block and both ways cost one compare. Nest two for three ranges. Any thread that may use both upstreams. Throws what they
/// throw.

#include <autopmr/layer.hpp>
#include <autopmr/resource_ptr.hpp>

#include <cstddef>
#include <memory_resource>
#include <string_view>
#include <utility>

namespace autopmr {

class segregating_resource final : public layer {
public:
    /// Blocks of at most `threshold` bytes come from `small`.
    segregating_resource(std::size_t threshold, resource_ptr small, resource_ptr large) noexcept
        : threshold_(threshold), small_(std::move(small)), large_(std::move(large)) {}
    segregating_resource(const segregating_resource&) = delete;
    segregating_resource& operator=(const segregating_resource&) = delete;

    // As the base's, but a caller who knows this type pays no virtual call.
    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
        return for_size(bytes).allocate(bytes, alignment);
    }
    void deallocate(void* block, std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
        for_size(bytes).deallocate(block, bytes, alignment);
    }

    [[nodiscard]] std::size_t                threshold() const noexcept { return threshold_; }
    [[nodiscard]] std::string_view           name() const noexcept override { return "segregating"; }
    [[nodiscard]] thread_use threads() const noexcept override { return threads_below(); }
    [[nodiscard]] std::pmr::memory_resource* upstream_resource() const noexcept override { return small_.get(); }
    [[nodiscard]] layer*                     upstream_layer() const noexcept override { return small_.as_layer(); }
    [[nodiscard]] std::pmr::memory_resource* second_upstream_resource() const noexcept override { return large_.get(); }
    [[nodiscard]] layer*                     second_upstream_layer() const noexcept override { return large_.as_layer(); }
    [[nodiscard]] layer_facts                facts() const noexcept override;

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void  do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override;
    bool  do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

    resource_ptr& for_size(std::size_t bytes) noexcept { return bytes <= threshold_ ? small_ : large_; }

    std::size_t  threshold_;
    resource_ptr small_, large_;
};

}  // namespace autopmr

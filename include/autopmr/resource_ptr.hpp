#pragma once
/// \file
/// An upstream, borrowed or shared.
///
/// Made from a pointer it borrows, as std::pmr does; made from a std::shared_ptr it keeps the upstream alive, so that a stack
/// built in a function can own its parts. A default-constructed one is the default resource of that moment. A null one refuses
/// every request (std::pmr::null_memory_resource) instead of crashing.

#include <autopmr/layer.hpp>

#include <cstddef>
#include <memory>
#include <memory_resource>
#include <type_traits>
#include <utility>

namespace autopmr {

/// The layer behind one of autopmr's own process-wide resources (backends, subsystems), known by its address; else null.
[[nodiscard]] layer* known_layer(std::pmr::memory_resource* resource) noexcept;

class resource_ptr {
    template <class R>
    using if_resource = std::enable_if_t<std::is_convertible_v<R*, std::pmr::memory_resource*>>;

public:
    resource_ptr() noexcept : resource_ptr(std::pmr::get_default_resource()) {}

    template <class R, class = if_resource<R>>
    resource_ptr(R* borrowed) noexcept
        : resource_(borrowed != nullptr ? borrowed : std::pmr::null_memory_resource()), layer_(as_layer(borrowed)) {}

    template <class R, class = if_resource<R>>
    resource_ptr(std::shared_ptr<R> shared) noexcept : resource_ptr(shared.get()) {
        owner_ = std::move(shared);
    }

    void* allocate(std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
        return resource_->allocate(bytes, alignment);
    }
    void deallocate(void* block, std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
        resource_->deallocate(block, bytes, alignment);
    }

    [[nodiscard]] std::pmr::memory_resource* get() const noexcept { return resource_; }
    /// The upstream as a layer, when it is one and that could be seen.
    [[nodiscard]] layer* as_layer() const noexcept { return layer_; }
    [[nodiscard]] thread_use threads() const noexcept { return layer_ != nullptr ? layer_->threads() : threads_of(resource_); }

private:
    template <class R>
    static layer* as_layer(R* resource) noexcept {
        if constexpr (std::is_convertible_v<R*, layer*>) return resource;
        else return known_layer(resource);
    }

    std::pmr::memory_resource*                 resource_;
    layer*                                     layer_;
    std::shared_ptr<std::pmr::memory_resource> owner_;
};

}  // namespace autopmr

#pragma once
/// \file
/// What a stack of resources can do beyond allocating: be walked, described, trimmed. No RTTI.

#include <memory_resource>
#include <string_view>

namespace autopmr {

/// A memory_resource that knows what it is and what it stands on. All of autopmr's resources derive from it; derive yours
/// from it too, and stacks over it can be walked and trimmed through. Thread safety is that of the resource itself.
class layer : public std::pmr::memory_resource {
public:
    /// A short immortal name: "statistics", "mimalloc".
    [[nodiscard]] virtual std::string_view name() const noexcept = 0;
    /// What is below, or null at the bottom.
    [[nodiscard]] virtual std::pmr::memory_resource* upstream_resource() const noexcept { return nullptr; }
    /// The same, where it is known to be a layer: this is what a walk follows.
    [[nodiscard]] virtual layer* upstream_layer() const noexcept { return nullptr; }
    /// Gives unused memory back, here and below.
    virtual void trim() noexcept {
        if (layer* below = upstream_layer()) below->trim();
    }
};

}  // namespace autopmr

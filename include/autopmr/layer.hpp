#pragma once
/// \file
/// What a stack of resources can do beyond allocating: be walked, described, trimmed. No RTTI.

#include <autopmr/fixed_text.hpp>

#include <memory_resource>
#include <string_view>

namespace autopmr {

/// What a layer says of itself in a description (describe.hpp).
using layer_facts = fixed_text<160>;

/// From which threads a resource may be used at the same time; the weakest first.
enum class thread_use : unsigned char { one_thread, unknown, any_thread };

/// What is known of a resource that is no layer: any_thread of the standard's own that are, else unknown.
[[nodiscard]] thread_use threads_of(const std::pmr::memory_resource* foreign) noexcept;

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
    /// The other upstream of one that has two; else null.
    [[nodiscard]] virtual std::pmr::memory_resource* second_upstream_resource() const noexcept { return nullptr; }
    [[nodiscard]] virtual layer*                     second_upstream_layer() const noexcept { return nullptr; }
    /// What it and all below it allow; unknown where a layer does not say.
    [[nodiscard]] virtual thread_use threads() const noexcept { return thread_use::unknown; }
    /// What matters of it now, in a few words: "20 bytes live, limit 1000". Empty where the name says all.
    [[nodiscard]] virtual layer_facts facts() const noexcept { return {}; }
    /// Gives unused memory back, here and below.
    virtual void trim() noexcept {
        if (layer* below = upstream_layer()) below->trim();
        if (layer* second = second_upstream_layer()) second->trim();
    }

protected:
    /// The weakest of what is below: the answer of a layer that adds no state of its own, or state that is thread-safe.
    [[nodiscard]] thread_use threads_below() const noexcept;
};

}  // namespace autopmr

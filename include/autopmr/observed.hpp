#pragma once
/// \file
/// The one decorator template: an upstream, seen by an observer (observer.hpp has the protocol).
///
/// chain<A, B> (chain.hpp) runs several observers for one virtual call, nesting runs them at run time. With a final resource
/// of autopmr's as `Upstream` the call below is direct: the stack is fused. As thread-safe as the observer and the upstream
/// are; throws what they throw. What changes the layout of a block (guards, alignment raising) is a class of its own, not an
/// observer.

#include <autopmr/both_from.hpp>
#include <autopmr/layer.hpp>
#include <autopmr/observer.hpp>
#include <autopmr/platform.hpp>
#include <autopmr/resource_ptr.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

namespace autopmr {

/// A resource seen by an observer. Made from the observer's arguments, then the upstream's: `observed<limit>(1000,
/// &pool)`; without the latter a resource_ptr is the default resource of that moment. The last parameter keeps code
/// with and without exceptions apart: leave it alone.
template <class Observer, class Upstream = resource_ptr, class Exceptions = exceptions_of_this_file>
class observed final : public layer {
    static constexpr bool has_pointer = std::is_same_v<Upstream, resource_ptr>;
    static constexpr bool has_layer = std::is_convertible_v<Upstream*, layer*>;
    static constexpr bool is_of_this_file = std::is_same_v<Exceptions, exceptions_of_this_file>;

public:
    template <class... Args, class = std::enable_if_t<std::is_constructible_v<both_from<Observer, Upstream>, Args...>>>
    explicit observed(Args&&... args) : parts_(std::forward<Args>(args)...) {}

    [[nodiscard]] Observer&       observer() noexcept { return parts_.first; }
    [[nodiscard]] const Observer& observer() const noexcept { return parts_.first; }

    [[nodiscard]] std::string_view           name() const noexcept override { return Observer::name; }
    [[nodiscard]] std::pmr::memory_resource* upstream_resource() const noexcept override {
        if constexpr (has_pointer) return parts_.second.get();
        else return &parts_.second;
    }
    [[nodiscard]] layer* upstream_layer() const noexcept override {
        if constexpr (has_pointer) return parts_.second.as_layer();
        else if constexpr (has_layer) return &parts_.second;
        else return nullptr;
    }
    [[nodiscard]] thread_use  threads() const noexcept override { return std::min(threads_by<Observer>(nullptr), threads_below()); }
    [[nodiscard]] layer_facts facts() const noexcept override { return facts_by(parts_.first); }

    /// Shadow the base's, so that a call through the concrete type is direct; but not where this file could not undo.
    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
        if constexpr (is_of_this_file) return observed::do_allocate(bytes, alignment);
        else return layer::allocate(bytes, alignment);
    }
    void deallocate(void* block, std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
        observed::do_deallocate(block, bytes, alignment);
    }

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        const block_request request{bytes, alignment};
        parts_.first.reserve(request);
        cancel_unless_served<Observer> pending{&parts_.first, request};
        void*                          block = parts_.second.allocate(bytes, alignment);
        pending.who = nullptr;
        parts_.first.commit(block, request);
        return block;
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
        const block_request request{bytes, alignment};
        if (!retire_by(parts_.first, block, request)) return;
        parts_.second.deallocate(block, bytes, alignment);
        parts_.first.settle(request);
    }
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

    mutable both_from<Observer, Upstream> parts_;
};

}  // namespace autopmr

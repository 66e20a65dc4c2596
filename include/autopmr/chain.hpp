#pragma once
/// \file
/// Several observers for one virtual call: `observed<chain<statistics, limit>>`.
///
/// Use it where the set is known when the program is compiled; nest resources where it is not. The first stands
/// outermost, as nesting would have it: it reserves first, and sees what the others refuse as a failure. Each observer
/// takes as many of the arguments as it can, in turn. As thread-safe as its observers; throws what their reserve throws.

#include <autopmr/fixed_text.hpp>
#include <autopmr/observed.hpp>
#include <autopmr/observer.hpp>

#include <string_view>
#include <type_traits>
#include <utility>

namespace autopmr {

template <class... Observers>
class chain;

template <>
class chain<> {  // the end: sees everything, does nothing
public:
    static constexpr std::string_view name{};
    void                              reserve(const block_request&) noexcept {}
    void                              commit(void*, const block_request&) noexcept {}
    void                              cancel(const block_request&) noexcept {}
    void                              retire(void*, const block_request&) noexcept {}
    void                              settle(const block_request&) noexcept {}
};

template <class First, class... Rest>
class chain<First, Rest...> {
    static constexpr fixed_text<64> names_ = sizeof...(Rest) == 0
                                                 ? fixed_text<64>(First::name)
                                                 : fixed_text<64>(First::name).append("+").append(chain<Rest...>::name);

public:
    static constexpr std::string_view name = names_.view();
    static constexpr thread_use       threads = std::min({threads_by<First>(nullptr), threads_by<Rest>(nullptr)...});

    template <class... Args, class = std::enable_if_t<std::is_constructible_v<both_from<First, chain<Rest...>>, Args...>>>
    explicit chain(Args&&... args) : parts_(std::forward<Args>(args)...) {}

    /// One of the observers, by its type.
    template <class Which>
    [[nodiscard]] auto& get() noexcept {
        if constexpr (std::is_same_v<Which, First>) return parts_.first;
        else return parts_.second.template get<Which>();
    }

    /// What they say, in their order.
    [[nodiscard]] layer_facts facts() const noexcept {
        layer_facts       all = facts_by(parts_.first);
        const layer_facts rest = facts_by(parts_.second);
        if (!all.empty() && !rest.empty()) all.append("; ");
        return all.append(rest);
    }

    /// The parameter as in observed.
    template <class Exceptions = exceptions_of_this_file>
    void reserve(const block_request& request) {
        parts_.first.reserve(request);
        cancel_unless_served<First> pending{&parts_.first, request};
        parts_.second.reserve(request);
        pending.who = nullptr;
    }
    void commit(void* block, const block_request& request) noexcept {
        parts_.second.commit(block, request);
        parts_.first.commit(block, request);
    }
    void cancel(const block_request& request) noexcept {
        parts_.second.cancel(request);
        parts_.first.cancel(request);
    }
    bool retire(void* block, const block_request& request) noexcept {
        if (!retire_by(parts_.first, block, request)) return false;
        if (retire_by(parts_.second, block, request)) return true;
        parts_.first.settle(request);  // as nesting would have it: for the first, the block is gone
        return false;
    }
    void settle(const block_request& request) noexcept {
        parts_.second.settle(request);
        parts_.first.settle(request);
    }

private:
    both_from<First, chain<Rest...>> parts_;
};

}  // namespace autopmr

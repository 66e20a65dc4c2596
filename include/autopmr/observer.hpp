#pragma once
/// \file
/// The protocol of the observers that observed<> carries, and how it is spoken to them.
///
///     allocate:    reserve(r) -> upstream -> commit(p, r)      or, if the upstream threw, cancel(r)
///     deallocate:  retire(p, r) -> upstream -> settle(r)
///
/// An observer is a plain class with these five members and a static `name`. Only reserve may throw, and throwing is
/// refusing. retire returns nothing, or a bool: false where the block was misused and the answer was to quarantine it; it
/// then goes to nobody, and settle is not called. An observer may have `layer_facts facts() const noexcept`, for
/// descriptions, and `static constexpr thread_use threads`. Write one to watch or to bound; what changes the layout of a block is a resource of its own.

#include <autopmr/layer.hpp>

#include <cstddef>
#include <type_traits>

namespace autopmr {

/// What is asked for, as it passes the observers.
struct block_request {
    std::size_t bytes;
    std::size_t alignment;
};

/// Cancels when it goes, unless `who` was cleared: a destructor, not a catch, so that it works without exceptions too.
template <class Observer>
struct cancel_unless_served {
    Observer*     who;
    block_request what;
    ~cancel_unless_served() {
        if (who != nullptr) who->cancel(what);
    }
};

/// Whether the block may go on to the upstream.
template <class Observer>
bool retire_by(Observer& who, void* block, const block_request& what) noexcept {
    if constexpr (std::is_same_v<decltype(who.retire(block, what)), bool>) return who.retire(block, what);
    else return who.retire(block, what), true;
}

template <class Observer>
auto facts_by(const Observer& who, int) noexcept -> decltype(who.facts()) {
    return who.facts();
}
template <class Observer>
layer_facts facts_by(const Observer&, long) noexcept {
    return {};
}
/// What an observer says of itself; empty where it has nothing to say.
template <class Observer>
layer_facts facts_by(const Observer& who) noexcept {
    return facts_by(who, 0);
}

template <class Observer>
constexpr thread_use threads_by(decltype(Observer::threads)*) noexcept {
    return Observer::threads;
}
/// From which threads it may be called; unknown where it does not say.
template <class Observer>
constexpr thread_use threads_by(...) noexcept {
    return thread_use::unknown;
}

}  // namespace autopmr

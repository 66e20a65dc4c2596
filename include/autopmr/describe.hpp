#pragma once
/// \file
/// What a stack of resources is made of: walked layer by layer, or told in words.
///
/// Use it for logs, for debugging, in tests of how a program is put together. A walk goes from the top down, and into both
/// upstreams where a layer has two, the first one first. A resource that is no layer of autopmr's ends it and is shown as
/// foreign. As thread-safe as the layers; the stack must stay as it is meanwhile. The walk throws what `f` throws;
/// describe() allocates its text.

#include <autopmr/layer.hpp>
#include <autopmr/ledger.hpp>
#include <autopmr/resource_ptr.hpp>

#include <memory_resource>
#include <string>

namespace autopmr {

/// One stop of a walk.
struct layer_stop {
    std::pmr::memory_resource* resource;  ///< never null
    layer*                     known;     ///< the same; null where it is foreign
    unsigned                   depth;     ///< 0: the top
};

/// Calls f(stop, context), or f(stop), for each layer: `for_each_layer(&stack, [](const layer_stop& s) { ... })`.
void for_each_layer(const resource_ptr& top, void (*f)(const layer_stop&, void*), void* context);
template <class F>
void for_each_layer(const resource_ptr& top, F&& f) {
    auto call = [&f](const layer_stop& s) { f(s); };
    for_each_layer(top, [](const layer_stop& s, void* c) { (*static_cast<decltype(call)*>(c))(s); }, &call);
}

/// For people: a line a layer, its name and facts, indented below what stands on it.
///     statistics: 20 bytes live, 40 at most
///       limit: 20 bytes live, 40 at most, limit 1000
///         mimalloc
[[nodiscard]] std::string describe(const resource_ptr& top);

/// The words for a layer that keeps books.
[[nodiscard]] layer_facts facts_of(const usage& books) noexcept;

}  // namespace autopmr

#include <autopmr/describe.hpp>

#include <string_view>

namespace autopmr {
namespace {

void walk(const layer_stop& stop, void (*f)(const layer_stop&, void*), void* context) {
    f(stop, context);
    if (stop.known == nullptr) return;
    if (auto* below = stop.known->upstream_resource())
        walk({below, stop.known->upstream_layer(), stop.depth + 1}, f, context);
    if (auto* second = stop.known->second_upstream_resource())
        walk({second, stop.known->second_upstream_layer(), stop.depth + 1}, f, context);
}

std::string_view name_of(const layer_stop& stop) noexcept {
    const std::pmr::memory_resource* const resource = stop.resource;
    if (stop.known != nullptr) return stop.known->name().empty() ? "(root)" : stop.known->name();  // of all subsystems
    if (resource == std::pmr::new_delete_resource()) return "std::pmr::new_delete_resource";
    if (resource == std::pmr::null_memory_resource()) return "std::pmr::null_memory_resource";
    return "foreign resource";
}

}  // namespace

void for_each_layer(const resource_ptr& top, void (*f)(const layer_stop&, void*), void* context) {
    walk({top.get(), top.as_layer(), 0}, f, context);
}

std::string describe(const resource_ptr& top) {
    std::string text;
    for_each_layer(top, [&](const layer_stop& stop) {
        text.append(2 * std::size_t{stop.depth}, ' ');
        text += name_of(stop);
        const layer_facts facts = stop.known != nullptr ? stop.known->facts() : layer_facts();
        if (!facts.empty()) text.append(": ").append(facts.view());
        text += '\n';
    });
    return text;
}

layer_facts facts_of(const usage& books) noexcept {
    layer_facts text;
    text.append(books.live).append(" bytes live, ").append(books.peak).append(" at most");
    if (books.limit != ledger::no_limit) text.append(", limit ").append(books.limit);
    if (books.failures != 0) text.append(", ").append(books.failures).append(" refused");
    return text;
}

}  // namespace autopmr

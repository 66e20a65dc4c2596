#include <autopmr/layer.hpp>

#include <algorithm>

namespace autopmr {
namespace {

thread_use threads_of_upstream(const layer* known, const std::pmr::memory_resource* foreign) noexcept {
    return known != nullptr ? known->threads() : threads_of(foreign);
}

}  // namespace

thread_use threads_of(const std::pmr::memory_resource* foreign) noexcept {
    const bool any = foreign == std::pmr::new_delete_resource() || foreign == std::pmr::null_memory_resource();
    return any ? thread_use::any_thread : thread_use::unknown;
}

thread_use layer::threads_below() const noexcept {
    const thread_use first = threads_of_upstream(upstream_layer(), upstream_resource());
    if (second_upstream_resource() == nullptr) return first;
    return std::min(first, threads_of_upstream(second_upstream_layer(), second_upstream_resource()));
}

}  // namespace autopmr

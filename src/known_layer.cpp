#include <autopmr/debug_default.hpp>
#include <autopmr/resource_ptr.hpp>
#include <autopmr/selector.hpp>
#include <autopmr/subsystem.hpp>

#include "src/guard_stacks.hpp"

namespace autopmr {

// The resource of every backend in the table is one of autopmr's own layers, and so is a subsystem: the address is proof
// enough. Asking a backend for its resource loads nothing, and the walk over the subsystems takes no lock.
layer* known_layer(std::pmr::memory_resource* resource) noexcept {
    for (const backend& one : backends())
        if (&one.resource() == resource) return static_cast<layer*>(resource);
    if (is_guard_over_a_backend(resource) || (resource != nullptr && resource == debug_tracking())) return static_cast<layer*>(resource);
    layer* found = nullptr;
    for_each_subsystem([&](const subsystem_resource& one) {
        if (&one == resource) found = static_cast<layer*>(resource);
    });
    return found;
}

}  // namespace autopmr

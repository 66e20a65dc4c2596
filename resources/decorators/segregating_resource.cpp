#include <autopmr/decorators/segregating_resource.hpp>

namespace autopmr {

void* segregating_resource::do_allocate(std::size_t bytes, std::size_t alignment) { return allocate(bytes, alignment); }

void segregating_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    deallocate(block, bytes, alignment);
}

layer_facts segregating_resource::facts() const noexcept {
    layer_facts text;
    return text.append("at most ").append(threshold_).append(" bytes from the first below, more from the second");
}

}  // namespace autopmr

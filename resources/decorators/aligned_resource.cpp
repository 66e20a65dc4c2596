#include <autopmr/decorators/aligned_resource.hpp>

#include <autopmr/errors.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>

namespace autopmr {

aligned_resource::aligned_resource(std::size_t alignment, sizes rounding, resource_ptr upstream)
    : alignment_(alignment), rest_(rounding == sizes::whole ? alignment - 1 : 0), upstream_(std::move(upstream)) {
    if (!std::has_single_bit(alignment)) throw_bad_alignment(0, alignment, "aligned");
}

void* aligned_resource::do_allocate(std::size_t bytes, std::size_t alignment) {
    if (!std::has_single_bit(alignment)) throw_bad_alignment(bytes, alignment, "aligned");
    if (bytes > PTRDIFF_MAX || rest_ > PTRDIFF_MAX - bytes) throw_out_of_memory(bytes, alignment, "aligned");
    return upstream_.allocate((bytes + rest_) & ~rest_, std::max(alignment, alignment_));
}

void aligned_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    upstream_.deallocate(block, (bytes + rest_) & ~rest_, std::max(alignment, alignment_));
}

layer_facts aligned_resource::facts() const noexcept {
    layer_facts text;
    text.append("to ").append(alignment_).append(" at least");
    return rest_ != 0 ? text.append(", sizes too") : text;
}

}  // namespace autopmr

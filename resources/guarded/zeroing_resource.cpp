#include <autopmr/guarded/zeroing_resource.hpp>

#include <autopmr/errors.hpp>

#include "src/support/wipe.hpp"

#include <bit>
#include <cstdint>

namespace autopmr {

// Checked here, as upstreams that are not ours may check less.
void* zeroing_resource::do_allocate(std::size_t bytes, std::size_t alignment) {
    if (!std::has_single_bit(alignment)) throw_bad_alignment(bytes, alignment, "zeroing");
    if (bytes > PTRDIFF_MAX) throw_out_of_memory(bytes, alignment, "zeroing");
    return upstream_.allocate(bytes, alignment);
}

void zeroing_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    wipe(block, bytes);
    upstream_.deallocate(block, bytes, alignment);
}

}  // namespace autopmr

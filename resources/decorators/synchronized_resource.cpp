#include <autopmr/decorators/synchronized_resource.hpp>

#include <mutex>

namespace autopmr {

void* synchronized_resource::do_allocate(std::size_t bytes, std::size_t alignment) {
    const std::scoped_lock hold(lock_);
    return upstream_.allocate(bytes, alignment);
}

void synchronized_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    const std::scoped_lock hold(lock_);
    upstream_.deallocate(block, bytes, alignment);
}

void synchronized_resource::trim() noexcept {
    const std::scoped_lock hold(lock_);
    layer::trim();
}

}  // namespace autopmr

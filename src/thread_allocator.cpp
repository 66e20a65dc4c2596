#include <autopmr/thread_allocator.hpp>

#include <utility>

namespace autopmr {
namespace {

thread_local std::pmr::memory_resource* current = nullptr;

}  // namespace

std::pmr::memory_resource* thread_resource() noexcept { return current != nullptr ? current : std::pmr::get_default_resource(); }

thread_resource_scope::thread_resource_scope(std::pmr::memory_resource* resource) noexcept
    : before_(std::exchange(current, resource)) {}
thread_resource_scope::~thread_resource_scope() { current = before_; }

}  // namespace autopmr

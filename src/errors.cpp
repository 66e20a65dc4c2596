#include <autopmr/errors.hpp>

#include <cstdio>
#include <cstdlib>

namespace autopmr {

const char* allocation_error::what() const noexcept { return "autopmr: allocation failed"; }
const char* out_of_memory::what() const noexcept { return "autopmr: out of memory"; }
const char* limit_exceeded::what() const noexcept { return "autopmr: the resource's limit does not allow this request"; }
const char* bad_alignment::what() const noexcept { return "autopmr: the alignment is not a power of two"; }
const char* wrong_thread::what() const noexcept { return "autopmr: this resource allocates only on the thread that made it"; }

void throw_out_of_memory(std::size_t bytes, std::size_t alignment, const char* resource) {
    throw out_of_memory(bytes, alignment, resource);
}
void throw_limit_exceeded(std::size_t bytes, std::size_t alignment, const char* resource, std::size_t limit) {
    throw limit_exceeded(bytes, alignment, resource, limit);
}
void throw_bad_alignment(std::size_t bytes, std::size_t alignment, const char* resource) {
    throw bad_alignment(bytes, alignment, resource);
}
void throw_wrong_thread(std::size_t bytes, std::size_t alignment, const char* resource) {
    throw wrong_thread(bytes, alignment, resource);
}

}  // namespace autopmr

#include <autopmr/errors.hpp>
#include <autopmr/propagating_allocator.hpp>

#include <cstdint>

namespace autopmr {

void throw_bad_array_length() {
#if defined(__cpp_exceptions)
    throw std::bad_array_new_length();
#else
    throw_out_of_memory(SIZE_MAX, 1, "allocator");
#endif
}

}  // namespace autopmr

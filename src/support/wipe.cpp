#include "src/support/wipe.hpp"

#include <cstring>

namespace autopmr {

#if defined(__GNUC__)
// To the compiler the empty statement reads all of memory through `at`: the zeroes must be there by then, also where this is inlined by
// the linker. The C library's memset, with its widest stores, does the work.
void wipe(void* at, std::size_t bytes) noexcept {
    if (bytes == 0) return;
    std::memset(at, 0, bytes);
    __asm__ __volatile__("" : : "r"(at) : "memory");
}
#else
void wipe(void* at, std::size_t bytes) noexcept {
    auto* one = static_cast<volatile unsigned char*>(at);
    for (; bytes != 0; --bytes) *one++ = 0;
}
#endif

}  // namespace autopmr

// The C library's own malloc, on every system: what it says of itself differs by the library, not by the system.
#include "os.hpp"

#ifdef __GLIBC__
#include <gnu/libc-version.h>
#include <malloc.h>
#endif

namespace autopmr::os {

#ifdef __GLIBC__

std::string_view c_library_version() noexcept { return ::gnu_get_libc_version(); }

bool c_heap_usage(std::size_t& in_use, std::size_t& committed) noexcept {
    const struct mallinfo2 all = ::mallinfo2();
    in_use = all.uordblks + all.hblkhd;
    committed = all.arena + all.hblkhd;
    return true;
}

void trim_c_heap() noexcept { ::malloc_trim(0); }

#else

std::string_view c_library_version() noexcept { return {}; }
bool             c_heap_usage(std::size_t&, std::size_t&) noexcept { return false; }
void             trim_c_heap() noexcept {}

#endif

}  // namespace autopmr::os

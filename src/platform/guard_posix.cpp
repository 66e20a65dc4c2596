// Pages that nobody may touch, on POSIX systems; the markers are Linux's.
#include "os.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <cstdint>

#if !defined(MAP_ANONYMOUS)
#define MAP_ANONYMOUS MAP_ANON
#endif
#if !defined(MAP_NORESERVE)
#define MAP_NORESERVE 0
#endif

namespace autopmr::os {
namespace {

constexpr int reserved = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

}  // namespace

void* reserve_pages(std::size_t bytes) noexcept {
    void* const pages = ::mmap(nullptr, bytes, PROT_NONE, reserved, -1, 0);
    return pages == MAP_FAILED ? nullptr : pages;
}

bool open_pages(void* pages, std::size_t bytes) noexcept { return ::mprotect(pages, bytes, PROT_READ | PROT_WRITE) == 0; }

bool close_pages(void* pages, std::size_t bytes) noexcept {
    // Mapped anew and not mprotect: pages that were never touched merge with whatever closed pages lie beside them, so that a closed
    // block costs no mapping.
    return ::mmap(pages, bytes, PROT_NONE, reserved | MAP_FIXED, -1, 0) != MAP_FAILED;
}

#if defined(__linux__)
namespace {

// Numbers from <asm-generic/mman-common.h> of Linux 6.13, which older kernel headers lack.
constexpr int guard_install = 102, guard_remove = 103;

bool advise(void* pages, std::size_t bytes, int what) noexcept {
    int answer = 0;
    do answer = ::madvise(pages, bytes, what);
    while (answer != 0 && (errno == EINTR || errno == EAGAIN));
    return answer == 0;
}

}  // namespace

bool guard_pages(void* pages, std::size_t bytes) noexcept { return advise(pages, bytes, guard_install); }
bool unguard_pages(void* pages, std::size_t bytes) noexcept { return advise(pages, bytes, guard_remove); }
void keep_pages_small(void* pages, std::size_t bytes) noexcept {
    const int reason = errno;
    ::madvise(pages, bytes, MADV_NOHUGEPAGE);
    errno = reason;
}

std::size_t most_mappings() noexcept {
    char        text[32];
    const long  size = read_file("/proc/sys/vm/max_map_count", text, sizeof text);
    std::size_t number = 0;
    for (long i = 0; i < size && text[i] >= '0' && text[i] <= '9'; ++i) number = 10 * number + static_cast<std::size_t>(text[i] - '0');
    return number;
}
#else
bool        guard_pages(void*, std::size_t) noexcept { return false; }
bool        unguard_pages(void*, std::size_t) noexcept { return false; }
void        keep_pages_small(void*, std::size_t) noexcept {}
std::size_t most_mappings() noexcept { return 0; }
#endif

}  // namespace autopmr::os

// Pages for secrets where the system can lock memory and little more; each thing it lacks is said.
#include "os.hpp"

#include <sys/mman.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstdint>

#if !defined(MAP_ANONYMOUS)
#define MAP_ANONYMOUS MAP_ANON
#endif

namespace autopmr::os {

void* map_secret_pages(std::size_t bytes, std::size_t alignment, bool, secret_outcome& outcome) noexcept {
    const std::size_t page = page_size();
    if (alignment < page) alignment = page;
    const std::size_t whole = bytes + page + alignment;  // the first page and the last stay closed
    void* const       place = ::mmap(nullptr, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (place == MAP_FAILED) return nullptr;
    const auto begin = reinterpret_cast<std::uintptr_t>(place), end = begin + whole;
    const auto at = (begin + page + alignment - 1) & ~(alignment - 1);
    if (at - page != begin) ::munmap(reinterpret_cast<char*>(begin), at - page - begin);
    if (at + bytes + page != end) ::munmap(reinterpret_cast<char*>(at + bytes + page), end - (at + bytes + page));

    char* const pages = reinterpret_cast<char*>(at);
    if (::mprotect(pages, bytes, PROT_READ | PROT_WRITE) != 0) {
        unmap_secret_pages(pages, bytes);
        return nullptr;
    }
    outcome = {0, ENOSYS, ENOSYS, ENOSYS};
    outcome.locked = ::mlock(pages, bytes) == 0 ? 0 : errno;
#if defined(MADV_NOCORE)
    outcome.not_dumped = ::madvise(pages, bytes, MADV_NOCORE) == 0 ? 0 : errno;
#elif defined(MADV_DONTDUMP)
    outcome.not_dumped = ::madvise(pages, bytes, MADV_DONTDUMP) == 0 ? 0 : errno;
#endif
#if defined(INHERIT_ZERO)
    outcome.not_forked = ::minherit(pages, bytes, INHERIT_ZERO) == 0 ? 0 : errno;
#elif defined(MADV_WIPEONFORK)
    outcome.not_forked = ::madvise(pages, bytes, MADV_WIPEONFORK) == 0 ? 0 : errno;
#endif
    return pages;
}

void unmap_secret_pages(void* pages, std::size_t bytes) noexcept {
    ::munmap(static_cast<char*>(pages) - page_size(), bytes + 2 * page_size());
}

bool retire_secret_pages(void* pages, std::size_t bytes) noexcept {
    return ::mmap(pages, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
}

void hold_secret_place(void*, std::size_t) noexcept {}  // a child finds zeros or a copy here, never a hole

bool protect_secret_pages(void* pages, std::size_t bytes, page_access access) noexcept {
    constexpr int rights[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE};
    return ::mprotect(static_cast<char*>(pages), bytes, rights[static_cast<unsigned>(access)]) == 0;
}

std::size_t lockable_memory() noexcept {
#if defined(RLIMIT_MEMLOCK)
    rlimit limit{};
    if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return 0;
    return limit.rlim_cur == RLIM_INFINITY ? SIZE_MAX : static_cast<std::size_t>(limit.rlim_cur);
#else
    return 0;
#endif
}

}  // namespace autopmr::os

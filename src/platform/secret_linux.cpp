// Pages for secrets: memory that the kernel itself takes out of its map (memfd_secret), else locked anonymous memory.
#include "os.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace autopmr::os {
namespace {

// From headers that old systems lack.
constexpr long memfd_secret = 447, mlock2 = SYS_mlock2;
constexpr int  wipe_on_fork = 18, lock_on_fault = 1, fixed_no_replace = 0x100000;

int advise(void* pages, std::size_t bytes, int advice) noexcept { return ::madvise(pages, bytes, advice) == 0 ? 0 : errno; }

/// The first rung, in the place of reserved pages. Zero or why not; the pages are then reserved as before.
int hide(void* pages, std::size_t bytes, secret_outcome& outcome) noexcept {
    const long file = ::syscall(memfd_secret, O_CLOEXEC);
    if (file < 0) return errno;
    int reason = 0;
    if (::ftruncate(static_cast<int>(file), static_cast<off_t>(bytes)) != 0 ||
        ::mmap(pages, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, static_cast<int>(file), 0) == MAP_FAILED)
        reason = errno;
    ::close(static_cast<int>(file));
    // A failed mmap may have taken the reservation away. Shared memory that a child could write to is worse than the next rung.
    if (reason == 0) reason = advise(pages, bytes, MADV_DONTFORK);
    if (reason != 0) {
        static_cast<void>(retire_secret_pages(pages, bytes));
        return reason;
    }
    outcome = {0, advise(pages, bytes, MADV_DONTDUMP), 0, 0};
    return 0;
}

}  // namespace

void* map_secret_pages(std::size_t bytes, std::size_t alignment, bool hidden, secret_outcome& outcome) noexcept {
    const std::size_t page = page_size();
    if (alignment < page) alignment = page;
    const std::size_t whole = bytes + page + alignment;  // the first page and the last stay closed
    void* const       place = ::mmap(nullptr, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (place == MAP_FAILED) return nullptr;
    const auto        begin = reinterpret_cast<std::uintptr_t>(place), end = begin + whole;
    const auto        at = (begin + page + alignment - 1) & ~(alignment - 1);
    if (at - page != begin) ::munmap(place, at - page - begin);
    if (at + bytes + page != end) ::munmap(reinterpret_cast<void*>(at + bytes + page), end - (at + bytes + page));

    void* const pages = reinterpret_cast<void*>(at);
    int         why_not_hidden = ECANCELED;
    if (hidden && (why_not_hidden = hide(pages, bytes, outcome)) == 0) return pages;
    if (::mprotect(pages, bytes, PROT_READ | PROT_WRITE) != 0) {
        unmap_secret_pages(pages, bytes);
        return nullptr;
    }
    outcome.hidden = why_not_hidden;
    outcome.locked = ::syscall(mlock2, pages, bytes, lock_on_fault) == 0 ? 0 : errno;
    if (outcome.locked == ENOSYS) outcome.locked = ::mlock(pages, bytes) == 0 ? 0 : errno;
    outcome.not_dumped = advise(pages, bytes, MADV_DONTDUMP);
    outcome.not_forked = advise(pages, bytes, wipe_on_fork);
    return pages;
}

void unmap_secret_pages(void* pages, std::size_t bytes) noexcept {
    ::munmap(static_cast<char*>(pages) - page_size(), bytes + 2 * page_size());
}

bool retire_secret_pages(void* pages, std::size_t bytes) noexcept {
    return ::mmap(pages, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) != MAP_FAILED;
}

void hold_secret_place(void* pages, std::size_t bytes) noexcept {
    // Before Linux 4.17 the flag is only a wish, and what got another place is given back.
    void* const got = ::mmap(pages, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | fixed_no_replace, -1, 0);
    if (got != MAP_FAILED && got != pages) ::munmap(got, bytes);
}

bool protect_secret_pages(void* pages, std::size_t bytes, page_access access) noexcept {
    constexpr int rights[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE};
    return ::mprotect(pages, bytes, rights[static_cast<unsigned>(access)]) == 0;
}

std::size_t lockable_memory() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return 0;
    return limit.rlim_cur == RLIM_INFINITY ? SIZE_MAX : static_cast<std::size_t>(limit.rlim_cur);
}

}  // namespace autopmr::os

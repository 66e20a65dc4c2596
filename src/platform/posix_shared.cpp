// What every POSIX system does the same way.
#include "os.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

#if !defined(MAP_ANONYMOUS)
#define MAP_ANONYMOUS MAP_ANON
#endif

namespace autopmr::os {

std::size_t page_size() noexcept {
    static constinit std::atomic<std::size_t> known{0};
    std::size_t                               size = known.load(std::memory_order_relaxed);
    if (size == 0) known.store(size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)), std::memory_order_relaxed);
    return size;
}

void* map_pages(std::size_t bytes) noexcept {
    void* pages = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return pages == MAP_FAILED ? nullptr : pages;
}

void unmap_pages(void* pages, std::size_t bytes) noexcept { ::munmap(pages, bytes); }

void* heap_region(std::size_t&) noexcept { return nullptr; }
void* map_aligned_pages(std::size_t bytes, std::size_t alignment) noexcept {
    const std::size_t page = page_size();
    if (alignment <= page) return map_pages(bytes);
    // More than is needed; what lies before and after goes back.
    bytes = (bytes + (page - 1)) & ~(page - 1);
    auto* const all = static_cast<char*>(map_pages(bytes + alignment - page));
    if (all == nullptr) return nullptr;
    const std::size_t before = (0 - reinterpret_cast<std::uintptr_t>(all)) & (alignment - 1);
    const std::size_t after = alignment - page - before;
    if (before != 0) unmap_pages(all, before);
    if (after != 0) unmap_pages(all + before + bytes, after);
    return all + before;
}

void* symbol(void* module, const char* name) noexcept { return ::dlsym(module, name); }

bool at_thread_exit(void (*hook)(void*), void* value) noexcept {
    // No static of this function: a child that is forked in the middle of its making would wait for it for ever.
    static constinit std::atomic<std::uint64_t> made{0};  // the key and 1
    std::uint64_t                               known = made.load(std::memory_order_acquire);
    if (known == 0) {
        pthread_key_t mine{};
        if (::pthread_key_create(&mine, hook) != 0) return false;
        if (made.compare_exchange_strong(known, std::uint64_t{mine} + 1, std::memory_order_acq_rel)) known = std::uint64_t{mine} + 1;
        else ::pthread_key_delete(mine);  // another thread came first
    }
    return ::pthread_setspecific(static_cast<pthread_key_t>(known - 1), value) == 0;
}

bool at_fork(void (*before)(), void (*in_parent)(), void (*in_child)()) noexcept {
    return ::pthread_atfork(before, in_parent, in_child) == 0;
}

// Not blocking: where a file is expected there may be a pipe, which would wait for its other end.
int open_file(const char* path) noexcept { return ::open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); }

long read_some(int file, char* out, std::size_t size) noexcept {
    ssize_t n;
    do n = ::read(file, out, size);
    while (n < 0 && errno == EINTR);
    return static_cast<long>(n);
}

void close_file(int file) noexcept {
    const int reason = errno;
    ::close(file);
    errno = reason;
}

int create_file(const char* path) noexcept {
    // Not blocking, for a pipe that nobody reads; what is written later may wait.
    const int file = ::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
    if (file >= 0) ::fcntl(file, F_SETFL, O_APPEND);
    return file;
}

bool append_file(int file, const void* data, std::size_t size) noexcept {
    // A write past RLIMIT_FSIZE or into a closed pipe sends this thread a signal that would end the program: it is held back, and
    // taken away when it came.
    sigset_t unwanted, before, waiting;
    ::sigemptyset(&unwanted);
    ::sigaddset(&unwanted, SIGXFSZ);
    ::sigaddset(&unwanted, SIGPIPE);
    const bool held = ::pthread_sigmask(SIG_BLOCK, &unwanted, &before) == 0;
    auto*      rest = static_cast<const char*>(data);
    int        reason = 0;
    while (size != 0) {
        const ssize_t n = ::write(file, rest, size);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            reason = n < 0 ? errno : ENOSPC;
            break;
        }
        rest += n;
        size -= static_cast<std::size_t>(n);
    }
    if (held && (reason == EFBIG || reason == EPIPE)) {
        const int sent = reason == EPIPE ? SIGPIPE : SIGXFSZ;
        int       got = 0;
        if (::sigismember(&before, sent) == 0 && ::sigpending(&waiting) == 0 && ::sigismember(&waiting, sent) == 1) {
            ::sigemptyset(&unwanted);
            ::sigaddset(&unwanted, sent);
            ::sigwait(&unwanted, &got);
        }
    }
    if (held) ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    errno = reason;
    return reason == 0;
}

unsigned long process_number() noexcept { return static_cast<unsigned long>(::getpid()); }

long read_file(const char* path, char* out, std::size_t size) noexcept {
    const int file = open_file(path);
    if (file < 0) return -1;
    struct stat about{};
    if (::fstat(file, &about) == 0 && S_ISFIFO(about.st_mode)) {  // since that is not waited for, what it gives is anything
        close_file(file);
        errno = ESPIPE;
        return -1;
    }
    std::size_t got = 0;
    long        n = 0;
    while (got != size && (n = read_some(file, out + got, size - got)) > 0) got += static_cast<std::size_t>(n);
    close_file(file);
    return n < 0 ? -1 : static_cast<long>(got);
}

void write_error(const char* text, std::size_t size) noexcept {
    while (size != 0) {
        const ssize_t n = ::write(STDERR_FILENO, text, size);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return;
        text += n;
        size -= static_cast<std::size_t>(n);
    }
}

}  // namespace autopmr::os

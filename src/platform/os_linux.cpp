#include "os.hpp"

#include <autopmr/thread_record.hpp>

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>

// Constant-initialised and of a fixed model, so that reading it is two loads and needs no allocation, ever.
__thread autopmr::thread_record* autopmr::record_of_this_thread __attribute__((tls_model("initial-exec"))) = nullptr;

namespace autopmr::os {

std::size_t page_size() noexcept {
    static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    return size;
}

void* map_pages(std::size_t bytes) noexcept {
    void* pages = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return pages == MAP_FAILED ? nullptr : pages;
}

void unmap_pages(void* pages, std::size_t bytes) noexcept { ::munmap(pages, bytes); }

const char* environment(const char* name) noexcept { return ::secure_getenv(name); }

void* open_module(const char* name, fixed_text<192>& why_not) noexcept {
    void* module = ::dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (module == nullptr) {
        const char* reason = ::dlerror();
        why_not.append(reason != nullptr ? reason : "dlopen failed and gave no reason");
    }
    return module;
}

void* symbol(void* module, const char* name) noexcept { return ::dlsym(module, name); }

bool pin_module_of(const void* address) noexcept {
    Dl_info where{};
    if (::dladdr(address, &where) == 0 || where.dli_fname == nullptr) return false;
    // The executable itself can't be opened by name on every system, and needs no pin.
    return ::dlopen(where.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE) != nullptr;
}

bool at_thread_exit(void (*hook)(void*), void* value) noexcept {
    struct key_holder {
        pthread_key_t key{};
        bool          made;
        explicit key_holder(void (*h)(void*)) noexcept : made(::pthread_key_create(&key, h) == 0) {}
    };
    static const key_holder holder(hook);
    return holder.made && ::pthread_setspecific(holder.key, value) == 0;
}

void keep_thread_record(thread_record* record) noexcept { record_of_this_thread = record; }

bool at_fork(void (*before)(), void (*in_parent)(), void (*in_child)()) noexcept {
    return ::pthread_atfork(before, in_parent, in_child) == 0;
}

unsigned long thread_number() noexcept { return static_cast<unsigned long>(::syscall(SYS_gettid)); }

bool fence_all_threads() noexcept {
    // Numbers from <linux/membarrier.h>, which old kernel headers lack: query, private expedited, register.
    constexpr int query = 0, private_expedited = 1 << 3, register_private_expedited = 1 << 4;
    static const bool ready = [] {
        const long known = ::syscall(SYS_membarrier, query, 0, 0);
        return known > 0 && (known & private_expedited) != 0 && ::syscall(SYS_membarrier, register_private_expedited, 0, 0) == 0;
    }();
    return ready && ::syscall(SYS_membarrier, private_expedited, 0, 0) == 0;
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

long read_file(const char* path, char* out, std::size_t size) noexcept {
    const int file = open_file(path);
    if (file < 0) return -1;
    std::size_t got = 0;
    long        n = 0;
    while (got != size && (n = read_some(file, out + got, size - got)) > 0) got += static_cast<std::size_t>(n);
    close_file(file);
    return n < 0 ? -1 : static_cast<long>(got);
}

unsigned affinity_cpus() noexcept {
    // Of the main thread: a worker bound to one CPU, probing first, must not make the whole process look small.
    // Larger than any kernel's limit of 8192 CPUs; a smaller set is refused by a kernel that could have more.
    cpu_set_t sets[8192 / CPU_SETSIZE];
    if (::sched_getaffinity(::getpid(), sizeof sets, sets) != 0) return 0;
    return static_cast<unsigned>(CPU_COUNT_S(sizeof sets, sets));
}

std::size_t physical_memory() noexcept {
    const long pages = ::sysconf(_SC_PHYS_PAGES);
    return pages > 0 ? static_cast<std::size_t>(pages) * page_size() : 0;
}

int huge_pages_refused() noexcept {
    const int answer = ::prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0);
    return answer < 0 ? -1 : answer != 0;
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

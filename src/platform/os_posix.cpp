// macOS, the BSDs, Solaris, Android, and whatever else is POSIX with a dynamic loader.
#include "os.hpp"

#include <autopmr/thread_record.hpp>

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>
#if defined(__ANDROID__) || defined(__linux__)
#include <sys/auxv.h>
#endif

#include <atomic>
#include <cerrno>
#include <cstdlib>

#if !defined(MAP_ANONYMOUS)
#define MAP_ANONYMOUS MAP_ANON
#endif

#if defined(__GNUC__) && defined(__ELF__)
__thread autopmr::thread_record* autopmr::record_of_this_thread __attribute__((tls_model("initial-exec"))) = nullptr;
#else
static thread_local autopmr::thread_record* record_of_this_thread = nullptr;
autopmr::thread_record* autopmr::this_thread_record() noexcept { return record_of_this_thread; }
#endif

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

const char* environment(const char* name) noexcept {
#if defined(__ANDROID__) || defined(__linux__)
    const bool privileged = ::getauxval(AT_SECURE) != 0;
#else
    const bool privileged = ::issetugid() != 0;
#endif
    return privileged ? nullptr : ::getenv(name);
}

void* open_module(const char* name, fixed_text<192>& why_not) noexcept {
    void* module = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);  // never closed
    if (module == nullptr) {
        const char* reason = ::dlerror();
        why_not.append(reason != nullptr ? reason : "dlopen failed and gave no reason");
    }
    return module;
}

void* symbol(void* module, const char* name) noexcept { return ::dlsym(module, name); }

bool pin_module_of(const void* address) noexcept {
    Dl_info where{};
    // One more reference, never given back.
    return ::dladdr(address, &where) != 0 && where.dli_fname != nullptr && ::dlopen(where.dli_fname, RTLD_NOW) != nullptr;
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

unsigned long thread_number() noexcept {
    // No portable number: count the threads that ask.
    static std::atomic<unsigned long>       last{0};
    static thread_local const unsigned long own = ++last;
    return own;
}

bool fence_all_threads() noexcept { return false; }

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
    const long cpus = ::sysconf(_SC_NPROCESSORS_ONLN);  // macOS has no affinity; elsewhere an upper bound
    return cpus > 0 ? static_cast<unsigned>(cpus) : 0;
}

std::size_t physical_memory() noexcept {
#if defined(_SC_PHYS_PAGES)
    const long pages = ::sysconf(_SC_PHYS_PAGES);
    return pages > 0 ? static_cast<std::size_t>(pages) * page_size() : 0;
#else
    return 0;
#endif
}

int huge_pages_refused() noexcept { return -1; }

code_place place_of_malloc() noexcept {
    Dl_info    where{};
    code_place place;
    if (const void* function = ::dlsym(RTLD_DEFAULT, "malloc"); function != nullptr && ::dladdr(function, &where) != 0)
        place.file = where.dli_fname;
    return place;
}

allocator_marker allocator_in_program() noexcept { return {}; }

std::string_view sanitizer_runtime() noexcept {
    if (::dlsym(RTLD_DEFAULT, "__asan_init") != nullptr) return "address";
    if (::dlsym(RTLD_DEFAULT, "__hwasan_init") != nullptr) return "hardware_address";
    if (::dlsym(RTLD_DEFAULT, "__tsan_init") != nullptr) return "thread";
    if (::dlsym(RTLD_DEFAULT, "__msan_init") != nullptr) return "memory";
    return "none";
}

bool running_on_valgrind() noexcept { return ::dlsym(RTLD_DEFAULT, "_vgnU_freeres") != nullptr; }
bool running_on_wine() noexcept { return false; }

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

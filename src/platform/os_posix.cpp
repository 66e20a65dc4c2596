// macOS, the BSDs, Solaris, Android, and whatever else is POSIX with a dynamic loader.
#include "os.hpp"

#include <autopmr/thread_record.hpp>

#include <dlfcn.h>
#include <unistd.h>
#if defined(__ANDROID__) || defined(__linux__)
#include <sys/auxv.h>
#endif

#include <atomic>
#include <cstdint>
#include <cstdlib>

#if defined(__GNUC__) && defined(__ELF__)
__thread autopmr::thread_record* autopmr::record_of_this_thread __attribute__((tls_model("initial-exec"))) = nullptr;
#else
static thread_local autopmr::thread_record* record_of_this_thread = nullptr;
autopmr::thread_record* autopmr::this_thread_record() noexcept { return record_of_this_thread; }
#endif

namespace autopmr::os {

const char* environment(const char* name) noexcept {
#if defined(__ANDROID__) || defined(__linux__)
    const bool privileged = ::getauxval(AT_SECURE) != 0;
#else
    const bool privileged = ::issetugid() != 0;
#endif
    return privileged ? nullptr : ::getenv(name);
}

void* open_module(const char* name, fixed_text<192>& why_not, names_of) noexcept {
    void* module = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);  // never closed
    if (module == nullptr) {
        const char* reason = ::dlerror();
        why_not.append(reason != nullptr ? reason : "dlopen failed and gave no reason");
    }
    return module;
}

bool pin_module_of(const void* address) noexcept {
    Dl_info where{};
    // One more reference, never given back.
    return ::dladdr(address, &where) != 0 && where.dli_fname != nullptr && ::dlopen(where.dli_fname, RTLD_NOW) != nullptr;
}

void keep_thread_record(thread_record* record) noexcept { record_of_this_thread = record; }

unsigned long thread_number() noexcept {
    // No portable number: count the threads that ask.
    static std::atomic<unsigned long>       last{0};
    static thread_local const unsigned long own = ++last;
    return own;
}

bool fence_all_threads() noexcept { return false; }

std::uint64_t random_key() noexcept {
    std::uint64_t key = 0;
    const int     file = open_file("/dev/urandom");  // older than getentropy, and on all of them
    if (file < 0) return 0;
    const long got = read_some(file, reinterpret_cast<char*>(&key), sizeof key);
    close_file(file);
    return got == static_cast<long>(sizeof key) ? key : 0;
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

// FreeBSD makes aligned large mappings huge by itself, macOS on some processors only; neither says.
std::size_t huge_page_size() noexcept { return 0; }
void*       map_huge_pages(std::size_t, const char*& why_not) noexcept {
    why_not = "this system does not say whether it has huge pages";
    return nullptr;
}
bool advise_huge_pages(void*, std::size_t, const char*& why_not) noexcept {
    why_not = "this system takes no advice on huge pages";
    return false;
}

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
heaptrack_calls heaptrack() noexcept { return {}; }

}  // namespace autopmr::os

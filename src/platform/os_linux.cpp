#include "os.hpp"

#include <autopmr/thread_record.hpp>

#include <dlfcn.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <string_view>

// Constant-initialised and of a fixed model, so that reading it is two loads and needs no allocation, ever.
__thread autopmr::thread_record* autopmr::record_of_this_thread __attribute__((tls_model("initial-exec"))) = nullptr;

namespace autopmr::os {

const char* environment(const char* name) noexcept { return ::secure_getenv(name); }

namespace {

#if defined(__GLIBC__)
/// The C library's own dlopen: heaptrack's, which stands in front of it, has no version.
decltype(&::dlopen) own_dlopen() noexcept {
    void* const found = ::dlvsym(RTLD_DEFAULT, "dlopen", "GLIBC_2.34");  // before that it is in a library of its own
    return found != nullptr ? reinterpret_cast<decltype(&::dlopen)>(found) : &::dlopen;
}
/// heaptrack's dlopen takes RTLD_DEEPBIND away.
void* open_with_own_names_first(const char* name, int flags) noexcept {
    void* const module = own_dlopen()(name, flags | RTLD_DEEPBIND);
    if (const auto changed = heaptrack().modules_changed) changed();  // it saw no dlopen, and would not name the module's functions
    return module;
}
#else
decltype(&::dlopen) own_dlopen() noexcept { return &::dlopen; }
void* open_with_own_names_first(const char* name, int flags) noexcept { return ::dlopen(name, flags); }
#endif

}  // namespace

void* open_module(const char* name, fixed_text<192>& why_not, names_of first) noexcept {
    constexpr int flags = RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE;
    void* module = first == names_of::module ? open_with_own_names_first(name, flags) : ::dlopen(name, flags);
    if (module == nullptr) {
        const char* reason = ::dlerror();
        why_not.append(reason != nullptr ? reason : "dlopen failed and gave no reason");
    }
    return module;
}

bool pin_module_of(const void* address) noexcept {
    Dl_info where{};
    if (::dladdr(address, &where) == 0 || where.dli_fname == nullptr) return false;
    // The executable itself can't be opened by name on every system, and needs no pin.
    // heaptrack's dlopen waits for a lock that heaptrack has while it starts; and it starts with an operator new, which may be ours.
    const auto open = heaptrack().given != nullptr ? own_dlopen() : &::dlopen;
    return open(where.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE) != nullptr;
}

bool can_be_read(const void* address) noexcept {
    const int before = errno;
    if (running_on_valgrind()) {  // which looks at the other call itself, and complains
        char        byte = 0;
        const iovec here{&byte, 1}, there{const_cast<void*>(address), 1};
        const bool  read = ::process_vm_readv(::getpid(), &here, 1, &there, 1, 0) == 1;
        errno = before;
        return read;
    }
    // The kernel reads the set of signals before it sees that it is told to do nothing it knows with it.
    const bool unreadable = ::syscall(SYS_rt_sigprocmask, ~0, address, nullptr, 8) != 0 && errno == EFAULT;
    errno = before;
    return !unreadable;
}

void keep_thread_record(thread_record* record) noexcept { record_of_this_thread = record; }

unsigned long thread_number() noexcept { return static_cast<unsigned long>(::syscall(SYS_gettid)); }

std::uint64_t random_key() noexcept {
    constexpr unsigned do_not_wait = 1;  // GRND_NONBLOCK: early in a machine's start there is no entropy
    std::uint64_t      key = 0;
    return ::syscall(SYS_getrandom, &key, sizeof key, do_not_wait) == static_cast<long>(sizeof key) ? key : 0;
}

bool fence_all_threads() noexcept {
    // Numbers from <linux/membarrier.h>, which old kernel headers lack: query, private expedited, register.
    constexpr int query = 0, private_expedited = 1 << 3, register_private_expedited = 1 << 4;
    static constinit std::atomic<int> answer{-1};
    int                               ready = answer.load(std::memory_order_relaxed);
    if (ready < 0) {
        const long known = ::syscall(SYS_membarrier, query, 0, 0);
        ready = known > 0 && (known & private_expedited) != 0 && ::syscall(SYS_membarrier, register_private_expedited, 0, 0) == 0;
        answer.store(ready, std::memory_order_relaxed);
    }
    return ready != 0 && ::syscall(SYS_membarrier, private_expedited, 0, 0) == 0;
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

namespace {

/// The number that follows `key` in a file of the kernel's; without a key the first; 0 when there is none.
std::size_t number_in(const char* path, std::string_view key) noexcept {
    char       text[4096];
    const long size = read_file(path, text, sizeof text);
    if (size <= 0) return 0;
    const std::string_view all(text, static_cast<std::size_t>(size));
    const std::size_t      found = all.find(key);
    if (found == all.npos) return 0;
    const std::size_t digits = all.find_first_of("0123456789", found + key.size());
    std::size_t       number = 0;
    for (std::size_t i = digits; i < all.size() && all[i] >= '0' && all[i] <= '9'; ++i)
        number = 10 * number + static_cast<std::size_t>(all[i] - '0');
    return number;
}

}  // namespace

std::size_t huge_page_size() noexcept {
    // Of those that the kernel makes by itself; where it makes none, of those that can be reserved.
    constexpr std::size_t                     unknown = 1;
    static constinit std::atomic<std::size_t> known{unknown};
    std::size_t                               size = known.load(std::memory_order_relaxed);
    if (size != unknown) return size;
    size = number_in("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "");
    if (size == 0) size = 1024 * number_in("/proc/meminfo", "Hugepagesize:");
    known.store(size, std::memory_order_relaxed);
    return size;
}

void* map_huge_pages(std::size_t bytes, const char*& why_not) noexcept {
    // From <linux/mman.h> and <asm-generic/mman-common.h>, which old kernel headers lack.
    constexpr int     size_shift = 26, populate_for_writing = 23;
    const std::size_t size = huge_page_size();
    if (size == 0) {
        why_not = "this kernel has no huge pages";
        return nullptr;
    }
    const int   flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | std::countr_zero(size) << size_shift;
    void* const pages = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (pages == MAP_FAILED) {
        why_not = errno == ENOMEM ? "too few huge pages are reserved and free (vm.nr_hugepages)" : "the kernel has no huge pages to reserve";
        return nullptr;
    }
    // Now, because a cgroup's limit shows only when a page is touched, and then as a signal. Before Linux 5.14 one can't ask.
    if (::madvise(pages, bytes, populate_for_writing) != 0 && errno != EINVAL) {
        why_not = "huge pages are reserved, but not for this process (a cgroup's limit)";
        ::munmap(pages, bytes);
        return nullptr;
    }
    return pages;
}

bool advise_huge_pages(void* pages, std::size_t bytes, const char*& why_not) noexcept {
    // The advice is accepted even where it has no effect.
    char       text[64];
    const long size = read_file("/sys/kernel/mm/transparent_hugepage/enabled", text, sizeof text);
    if (size > 0 && std::string_view(text, static_cast<std::size_t>(size)).find("[never]") != std::string_view::npos)
        why_not = "transparent huge pages are off (/sys/kernel/mm/transparent_hugepage/enabled)";
    else if (huge_pages_refused() == 1) why_not = "this process opted out of transparent huge pages";
    else if (::madvise(pages, bytes, MADV_HUGEPAGE) != 0) why_not = "this kernel has no transparent huge pages";
    else return true;
    return false;
}

int huge_pages_refused() noexcept {
    const int answer = ::prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0);
    return answer < 0 ? -1 : answer != 0;
}

}  // namespace autopmr::os

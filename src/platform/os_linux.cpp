#include "os.hpp"

#include <autopmr/thread_record.hpp>

#include <dlfcn.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>

// Constant-initialised and of a fixed model, so that reading it is two loads and needs no allocation, ever.
__thread autopmr::thread_record* autopmr::record_of_this_thread __attribute__((tls_model("initial-exec"))) = nullptr;

namespace autopmr::os {

const char* environment(const char* name) noexcept { return ::secure_getenv(name); }

void* open_module(const char* name, fixed_text<192>& why_not) noexcept {
    void* module = ::dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
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
    return ::dlopen(where.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE) != nullptr;
}

void keep_thread_record(thread_record* record) noexcept { record_of_this_thread = record; }

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

}  // namespace autopmr::os

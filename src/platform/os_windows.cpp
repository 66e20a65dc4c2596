#include "os.hpp"

#include <autopmr/thread_record.hpp>

#if !defined(NOMINMAX)
#define NOMINMAX
#endif
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <fcntl.h>
#include <io.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>

static thread_local autopmr::thread_record* record_of_this_thread = nullptr;
autopmr::thread_record*                     autopmr::this_thread_record() noexcept { return record_of_this_thread; }

namespace autopmr::os {

std::size_t page_size() noexcept {
    SYSTEM_INFO info{};
    ::GetSystemInfo(&info);
    return info.dwPageSize;
}

void* map_pages(std::size_t bytes) noexcept { return ::VirtualAlloc(nullptr, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE); }
void  unmap_pages(void* pages, std::size_t) noexcept { ::VirtualFree(pages, 0, MEM_RELEASE); }
void* heap_region(std::size_t&) noexcept { return nullptr; }

void* map_aligned_pages(std::size_t bytes, std::size_t alignment) noexcept {
    SYSTEM_INFO info{};
    ::GetSystemInfo(&info);
    if (alignment <= info.dwAllocationGranularity) return map_pages(bytes);
    // Nothing can be cut off a region here: find a place, leave it, and take the part that is aligned. Another thread may be
    // faster, hence again.
    for (int tries = 0; tries != 16; ++tries) {
        void* const place = ::VirtualAlloc(nullptr, bytes + alignment, MEM_RESERVE, PAGE_NOACCESS);
        if (place == nullptr) return nullptr;
        ::VirtualFree(place, 0, MEM_RELEASE);
        auto* const aligned = static_cast<char*>(place) + ((0 - reinterpret_cast<std::uintptr_t>(place)) & (alignment - 1));
        if (void* pages = ::VirtualAlloc(aligned, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE)) return pages;
    }
    return nullptr;
}

void* reserve_pages(std::size_t bytes) noexcept { return ::VirtualAlloc(nullptr, bytes, MEM_RESERVE, PAGE_NOACCESS); }
bool  open_pages(void* pages, std::size_t bytes) noexcept { return ::VirtualAlloc(pages, bytes, MEM_COMMIT, PAGE_READWRITE) != nullptr; }
bool  close_pages(void* pages, std::size_t bytes) noexcept { return ::VirtualFree(pages, bytes, MEM_DECOMMIT) != 0; }
// Decommitting takes no mapping that is counted: there is nothing that markers would save.
bool        guard_pages(void*, std::size_t) noexcept { return false; }
bool        unguard_pages(void*, std::size_t) noexcept { return false; }
void        keep_pages_small(void*, std::size_t) noexcept {}  // they are small unless one asks
std::size_t most_mappings() noexcept { return 0; }

std::size_t huge_page_size() noexcept { return ::GetLargePageMinimum(); }

void* map_huge_pages(std::size_t bytes, const char*& why_not) noexcept {
    void* const pages = ::VirtualAlloc(nullptr, bytes, MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES, PAGE_READWRITE);
    if (pages == nullptr)
        why_not = ::GetLastError() == ERROR_PRIVILEGE_NOT_HELD ? "the process lacks the privilege SeLockMemoryPrivilege"
                                                               : "no large pages are free";
    return pages;
}

bool advise_huge_pages(void*, std::size_t, const char*& why_not) noexcept {
    why_not = "Windows takes no advice on large pages";
    return false;
}

void* map_secret_pages(std::size_t bytes, std::size_t alignment, bool, secret_outcome& outcome) noexcept {
    const std::size_t page = page_size();
    if (alignment < page) alignment = page;
    // Reserved pages can't be touched: those that are not committed are the guards.
    void* const place = ::VirtualAlloc(nullptr, bytes + page + alignment, MEM_RESERVE, PAGE_NOACCESS);
    if (place == nullptr) return nullptr;
    const auto  at = (reinterpret_cast<std::uintptr_t>(place) + page + alignment - 1) & ~(alignment - 1);
    void* const pages = ::VirtualAlloc(reinterpret_cast<void*>(at), bytes, MEM_COMMIT, PAGE_READWRITE);
    if (pages == nullptr) {
        ::VirtualFree(place, 0, MEM_RELEASE);
        return nullptr;
    }
    outcome = {0, ENOSYS, 0, ENOSYS};  // there is no fork; a dump has all of a process
    if (::VirtualLock(pages, bytes) == 0) outcome.locked = ::GetLastError() == ERROR_WORKING_SET_QUOTA ? ENOMEM : EPERM;
    return pages;
}
void unmap_secret_pages(void* pages, std::size_t) noexcept {
    MEMORY_BASIC_INFORMATION place{};
    if (::VirtualQuery(pages, &place, sizeof place) != 0) ::VirtualFree(place.AllocationBase, 0, MEM_RELEASE);
}
bool retire_secret_pages(void* pages, std::size_t bytes) noexcept { return ::VirtualFree(pages, bytes, MEM_DECOMMIT) != 0; }
void hold_secret_place(void*, std::size_t) noexcept {}
bool protect_secret_pages(void* pages, std::size_t bytes, page_access access) noexcept {
    constexpr DWORD rights[] = {PAGE_NOACCESS, PAGE_READONLY, PAGE_READWRITE};
    DWORD           before = 0;
    return ::VirtualProtect(pages, bytes, rights[static_cast<unsigned>(access)], &before) != 0;
}
std::size_t lockable_memory() noexcept {
    SIZE_T least = 0, most = 0;  // as much as the process is promised to keep in memory
    return ::GetProcessWorkingSetSize(::GetCurrentProcess(), &least, &most) != 0 ? least : 0;
}

const char* environment(const char* name) noexcept { return std::getenv(name); }  // there are no set-uid programs

void* open_module(const char* name, fixed_text<192>& why_not, names_of) noexcept {
    HMODULE module = ::LoadLibraryA(name);
    if (module == nullptr) why_not.append("LoadLibrary: error ").append(static_cast<unsigned long long>(::GetLastError()));
    return module;
}

void* symbol(void* module, const char* name) noexcept {
    return reinterpret_cast<void*>(::GetProcAddress(static_cast<HMODULE>(module), name));
}

bool pin_module_of(const void* address) noexcept {
    HMODULE module = nullptr;
    return ::GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                                static_cast<const char*>(address), &module) != 0;
}

bool at_thread_exit(void (*hook)(void*), void* value) noexcept {
    static void (*const called)(void*) = hook;
    // Fiber-local storage calls back at thread exit; thread-local storage does not. Null values are not called for.
    static const DWORD slot = ::FlsAlloc([](void* held) {
        if (held != nullptr) called(held);
    });
    return slot != FLS_OUT_OF_INDEXES && ::FlsSetValue(slot, value) != 0;
}

void keep_thread_record(thread_record* record) noexcept { record_of_this_thread = record; }

bool at_fork(void (*)(), void (*)(), void (*)()) noexcept { return true; }

unsigned long thread_number() noexcept { return ::GetCurrentThreadId(); }

std::uint64_t random_key() noexcept {
    // RtlGenRandom under its exported name; looked for, so that nothing more is linked.
    using generator = BOOLEAN(WINAPI*)(PVOID, ULONG);
    const HMODULE module = ::LoadLibraryExA("advapi32.dll", nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32);
    const auto    generate = module != nullptr ? reinterpret_cast<generator>(reinterpret_cast<void*>(::GetProcAddress(module, "SystemFunction036"))) : nullptr;
    std::uint64_t key = 0;
    return generate != nullptr && generate(&key, sizeof key) != 0 ? key : 0;
}

bool fence_all_threads() noexcept {
    ::FlushProcessWriteBuffers();
    return true;
}

int open_file(const char* path) noexcept { return ::_open(path, _O_RDONLY | _O_BINARY | _O_NOINHERIT); }

long read_some(int file, char* out, std::size_t size) noexcept {
    return ::_read(file, out, static_cast<unsigned>(size < (1u << 30) ? size : 1u << 30));
}

void close_file(int file) noexcept {
    const int reason = errno;
    ::_close(file);
    errno = reason;
}

int create_file(const char* path) noexcept {
    return ::_open(path, _O_WRONLY | _O_CREAT | _O_TRUNC | _O_APPEND | _O_BINARY | _O_NOINHERIT, _S_IREAD | _S_IWRITE);
}

bool append_file(int file, const void* data, std::size_t size) noexcept {
    auto* rest = static_cast<const char*>(data);
    while (size != 0) {
        const int n = ::_write(file, rest, static_cast<unsigned>(size < (1u << 30) ? size : 1u << 30));
        if (n <= 0) return false;
        rest += n;
        size -= static_cast<std::size_t>(n);
    }
    return true;
}

unsigned long process_number() noexcept { return ::GetCurrentProcessId(); }

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
    // Of the process's group of up to 64 processors.
    DWORD_PTR process = 0, machine = 0;
    if (::GetProcessAffinityMask(::GetCurrentProcess(), &process, &machine) == 0) return 0;
    unsigned cpus = 0;
    for (; process != 0; process &= process - 1) ++cpus;
    return cpus;
}

std::size_t physical_memory() noexcept {
    MEMORYSTATUSEX status{};
    status.dwLength = sizeof status;
    return ::GlobalMemoryStatusEx(&status) != 0 ? static_cast<std::size_t>(status.ullTotalPhys) : 0;
}

int huge_pages_refused() noexcept { return -1; }

// The address that a program sees is a jump through its import table, which tells nothing.
code_place       place_of_malloc() noexcept { return {}; }
allocator_marker allocator_in_program() noexcept { return {}; }
std::string_view sanitizer_runtime() noexcept {
    return ::GetModuleHandleA("clang_rt.asan_dynamic-x86_64.dll") != nullptr ? "address" : "none";
}
bool running_on_valgrind() noexcept { return false; }
bool running_on_wine() noexcept {
    HMODULE ntdll = ::GetModuleHandleA("ntdll.dll");
    return ntdll != nullptr && ::GetProcAddress(ntdll, "wine_get_version") != nullptr;
}

heaptrack_calls heaptrack() noexcept { return {}; }

std::size_t call_stack(const void* from, const void** out, std::size_t most) noexcept {
    void*             frames[62];  // more than this some systems refuse
    const std::size_t got = ::CaptureStackBackTrace(0, 62, frames, nullptr);
    std::size_t       first = 0;
    while (first != got && frames[first] != from) ++first;
    if (first == got) first = 0;
    std::size_t count = 0;
    while (first != got && count != most) out[count++] = frames[first++];
    return count;
}

code_name name_of_code(const void* address) noexcept {
    code_name name;
    HMODULE   module = nullptr;
    if (::GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                             static_cast<const char*>(address), &module) == 0)
        return name;
    char        path[MAX_PATH];
    const DWORD size = ::GetModuleFileNameA(module, path, sizeof path);
    name.file.append(std::string_view(path, size));
    name.offset = static_cast<std::size_t>(static_cast<const char*>(address) - reinterpret_cast<const char*>(module));
    return name;
}

fixed_text<256> readable(const char* symbol) noexcept { return symbol; }

// A vectored exception handler could; nobody has tried it yet.
bool  catch_access_faults(access_fault_judge) noexcept { return false; }
bool  release_access_faults() noexcept { return false; }
void* make_fault_stack() noexcept { return nullptr; }
void  drop_fault_stack(void*) noexcept {}
void  for_each_code_mapping(void (*)(void*, const code_mapping&) noexcept, void*) noexcept {}

void write_error(const char* text, std::size_t size) noexcept {
    while (size != 0) {
        DWORD written = 0;
        if (::WriteFile(::GetStdHandle(STD_ERROR_HANDLE), text, static_cast<DWORD>(size), &written, nullptr) == 0 || written == 0) return;
        text += written;
        size -= written;
    }
}

}  // namespace autopmr::os

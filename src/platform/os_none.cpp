// No operating system: firmware, and WebAssembly's sandbox. One thread, no files, no loader; every answer says so.
#include "os.hpp"

#include <autopmr/thread_record.hpp>

#include <cerrno>
#include <cstdint>
#include <cstdio>

#if defined(__GNUC__) && defined(__ELF__)
__thread autopmr::thread_record* autopmr::record_of_this_thread __attribute__((tls_model("initial-exec"))) = nullptr;
#else
static autopmr::thread_record* record_of_this_thread = nullptr;  // there is one thread
autopmr::thread_record* autopmr::this_thread_record() noexcept { return record_of_this_thread; }
#endif

// A linker script may say where the heap lies: both or neither.
#if defined(__GNUC__) && defined(__ELF__)
extern "C" {
[[gnu::weak]] extern char autopmr_heap_begin[];
[[gnu::weak]] extern char autopmr_heap_end[];
}
#else
static constexpr char *autopmr_heap_begin = nullptr, *autopmr_heap_end = nullptr;
#endif

namespace autopmr::os {

// The unit in which nothing is mapped: the least that callers may round to.
std::size_t page_size() noexcept { return 4096; }
void*       map_pages(std::size_t) noexcept { return nullptr; }
void        unmap_pages(void*, std::size_t) noexcept {}
void*       heap_region(std::size_t& bytes) noexcept {
    const auto begin = reinterpret_cast<std::uintptr_t>(autopmr_heap_begin), end = reinterpret_cast<std::uintptr_t>(autopmr_heap_end);
    if (begin == 0 || end <= begin) return nullptr;
    bytes = end - begin;
    return autopmr_heap_begin;
}
void*       map_aligned_pages(std::size_t, std::size_t) noexcept { return nullptr; }

void*       reserve_pages(std::size_t) noexcept { return nullptr; }
bool        open_pages(void*, std::size_t) noexcept { return false; }
bool        close_pages(void*, std::size_t) noexcept { return false; }
bool        guard_pages(void*, std::size_t) noexcept { return false; }
bool        unguard_pages(void*, std::size_t) noexcept { return false; }
void        keep_pages_small(void*, std::size_t) noexcept {}
std::size_t most_mappings() noexcept { return 0; }

std::size_t huge_page_size() noexcept { return 0; }
void*       map_huge_pages(std::size_t, const char*& why_not) noexcept {
    why_not = "there are no pages without an operating system";
    return nullptr;
}
bool advise_huge_pages(void*, std::size_t, const char*& why_not) noexcept {
    why_not = "there are no pages without an operating system";
    return false;
}

void*       map_secret_pages(std::size_t, std::size_t, bool, secret_outcome&) noexcept { return nullptr; }
void        unmap_secret_pages(void*, std::size_t) noexcept {}
bool        retire_secret_pages(void*, std::size_t) noexcept { return false; }
void        hold_secret_place(void*, std::size_t) noexcept {}
bool        protect_secret_pages(void*, std::size_t, page_access) noexcept { return false; }
std::size_t lockable_memory() noexcept { return 0; }

const char* environment(const char*) noexcept { return nullptr; }

void* open_module(const char*, fixed_text<192>& why_not, names_of) noexcept {
    why_not.append("there are no shared libraries without an operating system");
    return nullptr;
}
void* symbol(void*, const char*) noexcept { return nullptr; }
bool  pin_module_of(const void*) noexcept { return true; }  // nothing is ever unloaded

bool          at_thread_exit(void (*)(void*), void*) noexcept { return false; }
void          keep_thread_record(thread_record* record) noexcept { record_of_this_thread = record; }
bool          at_fork(void (*)(), void (*)(), void (*)()) noexcept { return true; }
unsigned long thread_number() noexcept { return 1; }
bool          fence_all_threads() noexcept { return true; }  // the only thread is this one
std::uint64_t random_key() noexcept { return 0; }

int open_file(const char*) noexcept {
    errno = ENOENT;
    return -1;
}
long read_some(int, char*, std::size_t) noexcept { return -1; }
void close_file(int) noexcept {}
int create_file(const char*) noexcept {
    errno = ENOSYS;
    return -1;
}
bool append_file(int, const void*, std::size_t) noexcept {
    errno = ENOSYS;
    return false;
}
unsigned long process_number() noexcept { return 1; }
long read_file(const char* path, char*, std::size_t) noexcept { return open_file(path); }

unsigned    affinity_cpus() noexcept { return 1; }
std::size_t physical_memory() noexcept { return 0; }
int         huge_pages_refused() noexcept { return -1; }

code_place       place_of_malloc() noexcept { return {}; }
allocator_marker allocator_in_program() noexcept { return {}; }
std::string_view sanitizer_runtime() noexcept { return "none"; }
bool             running_on_valgrind() noexcept { return false; }
bool             running_on_wine() noexcept { return false; }
heaptrack_calls  heaptrack() noexcept { return {}; }

std::size_t call_stack(const void*, const void**, std::size_t) noexcept { return 0; }
code_name   name_of_code(const void*) noexcept { return {}; }

fixed_text<256> readable(const char* symbol) noexcept { return symbol; }

// A processor without an operating system has its own ways, which are the builder's.
bool  catch_access_faults(access_fault_judge) noexcept { return false; }
bool  release_access_faults() noexcept { return false; }
void* make_fault_stack() noexcept { return nullptr; }
void  drop_fault_stack(void*) noexcept {}
void  for_each_code_mapping(void (*)(void*, const code_mapping&) noexcept, void*) noexcept {}

void write_error(const char* text, std::size_t size) noexcept {
    std::fwrite(text, 1, size, stderr);
    std::fflush(stderr);
}

}  // namespace autopmr::os

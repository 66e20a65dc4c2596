#include "os.hpp"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <sys/auxv.h>

#include <cstdint>
#include <cstdlib>

// Weak: present when the program brings them, null otherwise. Unlike a failing dlsym they allocate nothing, and they make
// the linker export the name from a program that contains such an allocator, which it would otherwise not do.
extern "C" {
[[gnu::weak]] void mallctl();
[[gnu::weak]] void mi_version();
[[gnu::weak]] void tc_version();
[[gnu::weak]] void MallocExtension_Internal_GetNumericProperty();
[[gnu::weak]] void __scudo_print_stats();
[[gnu::weak]] void __asan_init();
[[gnu::weak]] void __hwasan_init();
[[gnu::weak]] void __tsan_init();
[[gnu::weak]] void __msan_init();
[[gnu::weak]] void __lsan_init();
[[gnu::weak]] void __libc_malloc();
[[gnu::weak]] void _vgnU_freeres();  // what Valgrind preloads into every dynamic program
[[gnu::weak]] void heaptrack_malloc(void* block, std::size_t bytes);
[[gnu::weak]] void heaptrack_free(void* block);
[[gnu::weak]] void heaptrack_invalidate_module_cache();
}

namespace autopmr::os {
namespace {

const void* address_of(void (*function)()) noexcept { return reinterpret_cast<const void*>(function); }

const void* base_of(const void* address) noexcept {
    Dl_info where{};
    return ::dladdr(address, &where) != 0 ? where.dli_fbase : nullptr;
}

bool is_in_program(const void* address) noexcept {
    const void* headers = reinterpret_cast<const void*>(::getauxval(AT_PHDR));
    return base_of(address) != nullptr && base_of(address) == base_of(headers);
}

/// A program that is not position-independent and takes malloc's address has a jump of its own under that name: not malloc.
bool is_jump(const void* address) noexcept {
    Dl_info          where{};
    const ElfW(Sym)* entry = nullptr;
    return ::dladdr1(address, &where, reinterpret_cast<void**>(const_cast<ElfW(Sym)**>(&entry)), RTLD_DL_SYMENT) != 0 &&
           entry != nullptr && entry->st_shndx == SHN_UNDEF;
}

}  // namespace

code_place place_of_malloc() noexcept {
    code_place place;
    for (const char* name : {"malloc", "calloc", "realloc", "free"}) {
        const void* function = ::dlsym(RTLD_DEFAULT, name);
        Dl_info     where{};
        if (function == nullptr || is_jump(function) || ::dladdr(function, &where) == 0) continue;
        place.file = where.dli_fname;
        place.in_program = is_in_program(function);
        return place;
    }
    // A fully static program: no loader that could be asked.
    place.file = "/proc/self/exe";
    place.in_program = true;
    place.of_c_library = reinterpret_cast<const void*>(&std::malloc) == address_of(__libc_malloc);
    return place;
}

allocator_marker allocator_in_program() noexcept {
    const struct {
        const void*      address;
        allocator_marker marker;
    } markers[] = {
        {address_of(mallctl), {"mallctl", "jemalloc"}},
        {address_of(mi_version), {"mi_version", "mimalloc"}},
        {address_of(tc_version), {"tc_version", "tcmalloc"}},
        {address_of(MallocExtension_Internal_GetNumericProperty), {"MallocExtension_Internal_GetNumericProperty", "tcmalloc"}},
        {address_of(__scudo_print_stats), {"__scudo_print_stats", "scudo"}},
        {address_of(__asan_init), {"__asan_init", "asan"}},
        {address_of(__hwasan_init), {"__hwasan_init", "hwasan"}},
        {address_of(__tsan_init), {"__tsan_init", "tsan"}},
        {address_of(__msan_init), {"__msan_init", "msan"}},
        {address_of(__lsan_init), {"__lsan_init", "lsan"}},
    };
    const bool is_static = base_of(reinterpret_cast<const void*>(::getauxval(AT_PHDR))) == nullptr;
    for (const auto& each : markers)
        if (each.address != nullptr && (is_static || is_in_program(each.address))) return each.marker;
    return {};
}

std::string_view sanitizer_runtime() noexcept {
    if (address_of(__asan_init) != nullptr) return "address";
    if (address_of(__hwasan_init) != nullptr) return "hardware_address";
    if (address_of(__tsan_init) != nullptr) return "thread";
    if (address_of(__msan_init) != nullptr) return "memory";
    if (address_of(__lsan_init) != nullptr) return "leak";
    return "none";
}

bool running_on_valgrind() noexcept {
#if defined(__x86_64__)
    // Valgrind's request RUNNING_ON_VALGRIND: rotations that leave the register as it was, which it recognises.
    const volatile std::uintptr_t request[6] = {0x1001, 0, 0, 0, 0, 0};
    std::uintptr_t                answer = 0;
    __asm__ volatile(
        "rolq $3, %%rdi\n\trolq $13, %%rdi\n\trolq $61, %%rdi\n\trolq $51, %%rdi\n\txchgq %%rbx, %%rbx"
        : "=d"(answer)
        : "a"(&request[0]), "0"(answer)
        : "cc", "memory");
    return answer != 0;
#else
    return address_of(_vgnU_freeres) != nullptr;
#endif
}

bool running_on_wine() noexcept { return false; }

heaptrack_calls heaptrack() noexcept {
    if (heaptrack_malloc == nullptr || heaptrack_free == nullptr) return {};
    return {heaptrack_malloc, heaptrack_free, heaptrack_invalidate_module_cache};
}

}  // namespace autopmr::os

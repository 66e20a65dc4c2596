#include "src/cli/allocator_marks.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>

#include <unistd.h>

namespace autopmr::cli {

namespace {

struct mark {
    std::string_view owner;
    std::string_view symbol;  ///< exported by its shared library, or defined in a program that links it statically
    std::string_view text;    ///< a message of its own, kept even when the program is stripped; empty: none is sure enough
};

// The first that fits wins: a sanitizer's runtime before all, the C library after all.
constexpr mark marks[] = {
    {"AddressSanitizer", "__asan_init", "ERROR: AddressSanitizer"},
    {"ThreadSanitizer", "__tsan_init", "WARNING: ThreadSanitizer"},
    {"MemorySanitizer", "__msan_init", "WARNING: MemorySanitizer"},
    {"HWAddressSanitizer", "__hwasan_init", "ERROR: HWAddressSanitizer"},
    {"LeakSanitizer", "__lsan_init", {}},
    {"heaptrack", "heaptrack_init", {}},
    {"mimalloc", "mi_malloc", "mimalloc: error: "},
    {"jemalloc", "mallctlnametomib", "<jemalloc>: "},
    {"jemalloc", "je_mallctlnametomib", {}},
    {"tcmalloc", "tc_malloc", "tcmalloc: allocation failed"},
    {"tcmalloc", "MallocExtension_Internal_GetNumericProperty", {}},
    {"tbb", "__TBB_malloc_proxy", {}},
    {"tbb", "scalable_malloc", {}},
    {"scudo", "__scudo_print_stats", "Scudo ERROR: "},
    {"snmalloc", "sn_malloc", {}},
    {"rpmalloc", "rpmalloc", {}},
    {"hardened_malloc", "malloc_object_size_fast", "fatal allocator error: "},
    {"Electric Fence", "EF_Abort", {}},
    {"libc (glibc)", "gnu_get_libc_version", "corrupted size vs. prev_size"},
    {"libc (glibc, debugging)", "mcheck_check_all", {}},
};

struct variable {
    std::string_view pattern, reader;
};

constexpr variable variables[] = {
    {"AUTOPMR_*", "autopmr"},
    {"LD_PRELOAD", "the dynamic linker"},
    {"MALLOC_CONF", "jemalloc"},
    {"MIMALLOC_*", "mimalloc"},
    {"TCMALLOC_*", "tcmalloc"},
    {"HEAPPROFILE", "tcmalloc"},
    {"HEAPCHECK", "tcmalloc"},
    {"TBB_MALLOC_*", "tbb"},
    {"SCUDO_OPTIONS", "scudo"},
    {"GWP_ASAN_OPTIONS", "scudo"},
    {"GLIBC_TUNABLES", "glibc"},
    {"MALLOC_ARENA_MAX", "glibc"},
    {"MALLOC_*_", "glibc"},
    {"ASAN_OPTIONS", "AddressSanitizer"},
    {"TSAN_OPTIONS", "ThreadSanitizer"},
    {"MSAN_OPTIONS", "MemorySanitizer"},
    {"PYTHONMALLOC", "Python"},
    {"G_SLICE", "GLib"},
};

bool fits(std::string_view name, std::string_view pattern) noexcept {
    const std::size_t star = pattern.find('*');
    if (star == pattern.npos) return name == pattern;
    const std::string_view head = pattern.substr(0, star), tail = pattern.substr(star + 1);
    return name.size() > head.size() + tail.size() && name.starts_with(head) && name.ends_with(tail);
}

}  // namespace

std::string owner_of_exports(const elf_file& file, const std::string& path) {
    for (const mark& known : marks)
        if (file.exported(known.symbol) != 0) return std::string(known.owner);
    const std::string name = std::filesystem::path(path).filename();
    if (name.starts_with("ld-musl-") || name.starts_with("libc.musl-")) return "libc (musl)";
    return name;
}

std::string owner_linked_in(const elf_file& file) {
    std::vector<std::string_view> symbols, texts;
    for (const mark& known : marks) {
        if (file.exported(known.symbol) != 0) return std::string(known.owner);
        symbols.push_back(known.symbol);
        if (!known.text.empty()) texts.push_back(known.text);
    }
    const std::string_view symbol = file.defined_inside(symbols);
    const std::string_view text = symbol.empty() ? file.text_inside(texts) : std::string_view();
    for (const mark& known : marks)
        if ((!symbol.empty() && known.symbol == symbol) || (!text.empty() && known.text == text)) return std::string(known.owner);
    return {};
}

bool is_sanitizer(std::string_view owner) noexcept { return owner.ends_with("Sanitizer"); }

std::vector<setting> allocator_settings(const std::vector<std::string>& environment) {
    std::vector<setting> found;
    for (const std::string& entry : environment) {
        const std::size_t equals = entry.find('=');
        if (equals == entry.npos) continue;
        const std::string name = entry.substr(0, equals);
        const auto        known = std::find_if(std::begin(variables), std::end(variables),
                                               [&](const variable& v) { return fits(name, v.pattern); });
        if (known != std::end(variables)) found.push_back({name, entry.substr(equals + 1), std::string(known->reader)});
    }
    return found;
}

std::vector<setting> allocator_settings() {
    std::vector<std::string> environment;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) environment.emplace_back(*entry);
    return allocator_settings(environment);
}

}  // namespace autopmr::cli

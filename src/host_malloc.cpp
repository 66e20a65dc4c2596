#include "src/host_malloc.hpp"

#include "src/platform/os.hpp"
#include "src/host_files.hpp"

namespace autopmr {
namespace {

struct name_of_file {
    std::string_view begins, name;
};

// The C libraries by their whole names, so that libcrypto is not taken for one.
constexpr name_of_file known_files[] = {
    {"libc.so", "libc"},         {"libc-2.", "libc"},         {"ld-musl-", "libc"},
    {"libc.musl-", "libc"},      {"libSystem", "libc"},       {"libsystem_malloc", "libc"},
    {"ucrtbase", "libc"},        {"msvcrt", "libc"},          {"libjemalloc", "jemalloc"},
    {"libtcmalloc", "tcmalloc"}, {"libmimalloc", "mimalloc"}, {"libtbbmalloc_proxy", "tbbmalloc_proxy"},
    {"libscudo", "scudo"},       {"libclang_rt.scudo", "scudo"}, {"libasan", "asan"},
    {"libclang_rt.asan", "asan"}, {"libtsan", "tsan"},        {"libclang_rt.tsan", "tsan"},
    {"liblsan", "lsan"},         {"libclang_rt.hwasan", "hwasan"}, {"libclang_rt.msan", "msan"},
    {"libhardened_malloc", "hardened_malloc"}, {"libsnmalloc", "snmalloc"}, {"librpmalloc", "rpmalloc"},
    {"libhoard", "hoard"},       {"libmesh", "mesh"},         {"libumem", "umem"},
    {"libheaptrack_preload", "heaptrack"}, {"vgpreload", "valgrind"}, {"libefence", "efence"},
};

std::string_view base_name(std::string_view path) noexcept { return path.substr(path.find_last_of("/\\") + 1); }

}  // namespace

std::string_view allocator_of_file(std::string_view path) noexcept {
    for (const auto& known : known_files)
        if (base_name(path).substr(0, known.begins.size()) == known.begins) return known.name;
    return {};
}

malloc_facts malloc_named(std::string_view name, const fixed_text<192>& origin) noexcept {
    return {found(fixed_text<32>(name), origin), found(name != "libc", origin)};
}

malloc_facts malloc_of_this_process() noexcept {
    const os::code_place malloc_is = os::place_of_malloc();
    if (malloc_is.in_program) {
        // Linked into the program itself. Its own file name says nothing; a name that only one allocator exports does.
        if (const auto marker = os::allocator_in_program(); !marker.allocator.empty())
            return malloc_named(marker.allocator, origin_text(malloc_is.file, fixed_text<96>("malloc is in the program itself, and so is ")
                                                                           .append(marker.symbol)));
        if (malloc_is.of_c_library) return malloc_named("libc", origin_text(malloc_is.file, "malloc is in the program, from the C library"));
        return malloc_named("program", origin_text(malloc_is.file, "malloc is in the program itself, and nothing says whose it is"));
    }
    if (malloc_is.file.empty()) {
        const fixed_text<192> why("the system does not say which file holds malloc");
        return {unknown<fixed_text<32>>(why), unknown<bool>(why)};
    }
    const auto known = allocator_of_file(malloc_is.file);
    return malloc_named(known.empty() ? base_name(malloc_is.file) : known, origin_text(malloc_is.file, "holds malloc"));
}

}  // namespace autopmr

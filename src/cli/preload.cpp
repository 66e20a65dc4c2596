#include "src/cli/preload.hpp"

#include <algorithm>
#include <cstring>

#include <glob.h>

namespace autopmr::cli {

namespace {

struct shared_library {
    std::string_view backend;
    const char*      file;     ///< a soname, or a pattern of paths
    const char*      package;
};

constexpr shared_library known[] = {
    {"mimalloc", "libmimalloc.so.2", "libmimalloc2.0"},
    {"jemalloc", "libjemalloc.so.2", "libjemalloc2"},
    {"tcmalloc", "libtcmalloc_minimal.so.4", "libtcmalloc-minimal4"},
    {"tbb", "libtbbmalloc_proxy.so.2", "libtbbmalloc2"},
    // Compilers keep it in a folder of their own, a level more or less deep.
    {"scudo", "/usr/lib/{llvm-*/lib/,}clang/*/lib/*/libclang_rt.scudo_standalone*.so", "libclang-rt-14-dev"},
};

// The newest of the files that fit the pattern and the program.
std::string newest(const char* pattern, const elf_kind& kind) {
    std::string best;
    glob_t      found = {};
    if (::glob(pattern, GLOB_BRACE, nullptr, &found) == 0)
        for (std::size_t i = 0; i != found.gl_pathc; ++i) {
            const elf_file file(found.gl_pathv[i]);
            if (file.ok() && file.kind() == kind && (best.empty() || ::strverscmp(best.c_str(), found.gl_pathv[i]) < 0))
                best = found.gl_pathv[i];
        }
    ::globfree(&found);
    return best;
}

}  // namespace

preload find_preload(std::string_view backend, const program_file& program, const library_search& libraries) {
    if (backend == "system") return {};
    const auto row = std::find_if(std::begin(known), std::end(known), [&](const shared_library& l) { return l.backend == backend; });
    if (row == std::end(known))
        return {{}, "it has no shared library that replaces malloc, so it can't be preloaded"};
    const std::string name = row->file;
    const bool        pattern = name.find('*') != name.npos;
    const std::string path = pattern ? newest(row->file, program.kind) : libraries.find(name, program.kind);
    if (path.empty()) {
        const std::string other = pattern ? std::string() : libraries.find_other(name, program.kind);
        return {{}, (pattern ? "libclang_rt.scudo_standalone" : name) + " for " + to_string(program.kind) + " programs was not found" +
                        (other.empty() ? std::string() : ", only " + other) + "; Debian has it in " + row->package};
    }
    const elf_file file(path);
    const auto&    needed = file.needed();
    if (program.musl && std::find(needed.begin(), needed.end(), "libc.so.6") != needed.end())
        return {{}, path + " is made for glibc, and the program is linked to musl"};
    if (path.find_first_of(" :") != path.npos) return {{}, path + " has a blank or colon in its path, which LD_PRELOAD can't hold"};
    return {path, {}};
}

std::string preloadable_backends() {
    std::string list;
    for (const shared_library& l : known) list += std::string(l.backend) + ", ";
    return list + "system";
}

}  // namespace autopmr::cli

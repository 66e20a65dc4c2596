#include "src/cli/guard_preload.hpp"

#include "src/cli/allocator_marks.hpp"
#include "src/cli/failure.hpp"

#include <autopmr/selector.hpp>

#include <cstdlib>
#include <filesystem>
#include <vector>

#include <dlfcn.h>
#include <fmt/format.h>

namespace autopmr::cli {

namespace {

constexpr const char* library_name = "libautopmr-preload.so";

std::vector<std::filesystem::path> places() {
    std::vector<std::filesystem::path> all;
    std::error_code                    ignored;
    Dl_info                            where{};
    if (::dladdr(reinterpret_cast<const void*>(&autopmr::find_backend), &where) != 0 && where.dli_fname != nullptr)
        all.push_back(std::filesystem::weakly_canonical(where.dli_fname, ignored).parent_path());
    const auto self = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
    all.insert(all.end(), {self / "lib", self / "../lib", self});
    return all;
}

}  // namespace

std::string find_guard_library(const program_file& program) {
    if (!program.why_no_preload.empty())
        throw failure(status::cannot_start, fmt::format("can't put guards under '{}': {}; start it without autopmr", program.loaded, program.why_no_preload));
    if (program.musl) throw failure(status::cannot_start, fmt::format("can't put guards under '{}': it is linked to musl, and {} is made for glibc", program.loaded, library_name));
    if (program.in_executable)
        throw failure(status::cannot_start, fmt::format("can't put guards under '{}': the executable brings {}, which comes before anything preloaded",
                                                        program.loaded, program.own_allocator));
    if (is_sanitizer(program.own_allocator))
        throw failure(status::cannot_start, fmt::format("can't put guards under '{}': {} must see every block, and finds more", program.loaded, program.own_allocator));
    std::string looked;
    for (const std::filesystem::path& folder : places()) {
        std::error_code ignored;
        const auto      file = std::filesystem::weakly_canonical(folder / library_name, ignored);
        if (std::filesystem::exists(file, ignored)) {
            const elf_file library(file.string());
            if (!(library.kind() == program.kind))
                throw failure(status::cannot_start, fmt::format("can't put guards under '{}': it is a {} program, and {} is not", program.loaded, to_string(program.kind), file.string()));
            if (file.string().find_first_of(" :") != std::string::npos)
                throw failure(status::run_failed, fmt::format("{} has a blank or colon in its path, which LD_PRELOAD can't hold", file.string()));
            return file.string();
        }
        if (!looked.empty()) looked += ", ";
        looked += folder.lexically_normal().string();
    }
    throw failure(status::run_failed, fmt::format("{} was not found in {}; it is built and installed with autopmr on Linux with glibc", library_name, looked));
}

std::string preload_guard(const guard_wish& wish, const program_file& program) {
    const std::string library = find_guard_library(program);
    const char* const before = std::getenv("LD_PRELOAD");
    // First, so that it is the malloc whatever else is preloaded.
    std::string all = library;
    if (before != nullptr && *before != '\0') all.append(":").append(before);
    ::setenv("LD_PRELOAD", all.c_str(), 1);
    ::setenv("AUTOPMR_GUARD", wish.guard.c_str(), 1);
    if (!wish.exhausted.empty()) ::setenv("AUTOPMR_GUARD_EXHAUSTED", wish.exhausted.c_str(), 1);
    ::setenv("AUTOPMR_GUARD_RATE", std::to_string(wish.rate).c_str(), 1);
    return fmt::format("LD_PRELOAD={}", all);
}

}  // namespace autopmr::cli

#include <autopmr/backends/system.hpp>

#include <cstdlib>

#include "src/support/direct.hpp"
#include "src/host_malloc.hpp"
#include "src/platform/os.hpp"

namespace autopmr {
namespace {

struct library {
    static constinit inline malloc_by_alignment<library> small{std::malloc};

    static std::string_view why_not() noexcept { return {}; }
    static void*            aligned(std::size_t bytes, std::size_t alignment) noexcept {
        // A multiple of the alignment, as C11 asks; the sum was checked.
        return std::aligned_alloc(alignment, (bytes + alignment - 1) & ~(alignment - 1));
    }
    static void release(void* block, std::size_t, std::size_t) noexcept { std::free(block); }
};
using calls = direct<system_backend, library>;

constinit immortal<system_resource> instance;

footprint usage() noexcept {
    footprint answer;
    // Of a malloc that replaced it, the C library's books know nothing.
    if (malloc_of_this_process().replaced.value_or(true)) return answer;
    answer.in_use_known = answer.committed_known = os::c_heap_usage(answer.in_use, answer.committed);
    return answer;
}

}  // namespace

constinit const backend system_backend{
    .name = "system",
    .what = "the process's own malloc: the C library's, or what replaced it",
    .why_not = library::why_not,
    .resource = []() noexcept -> std::pmr::memory_resource& { return instance.resource; },
    .allocate = calls::allocate,
    .deallocate = calls::deallocate,
    .version = os::c_library_version,
    .trim = os::trim_c_heap,
    .usage = usage,
};
template class backend_resource<system_backend>;

}  // namespace autopmr

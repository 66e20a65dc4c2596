#include <autopmr/backends/tcmalloc.hpp>

#include "src/support/direct.hpp"
#include "src/support/told.hpp"

namespace autopmr {
namespace {

// gperftools' C functions, found at run time.
constinit imported<void*(std::size_t)>                              tc_malloc;
constinit imported<void*(std::size_t, std::size_t)>                 tc_memalign;
constinit imported<void(void*)>                                     tc_free;
constinit imported<std::size_t(void*)>                              tc_malloc_size;
constinit imported<const char*(int*, int*, const char**)>           tc_version;
constinit imported<int(const char*, std::size_t*)>                  get_property;
constinit imported<void()>                                          release_free_memory;

std::string_view why_not() noexcept;

struct library {
    static constinit inline malloc_by_alignment<library> small;

    static std::string_view why_not() noexcept { return autopmr::why_not(); }
    static void*            aligned(std::size_t bytes, std::size_t alignment) { return tc_memalign(alignment, bytes); }
    static void             release(void* block, std::size_t, std::size_t) { tc_free(block); }
};
using calls = direct<tcmalloc_backend, library>;

constinit immortal<tcmalloc_resource> instance;

void load(reason& why_not) noexcept {
    void* module = open_first_of({AUTOPMR_TCMALLOC_LIBRARY, "libtcmalloc_minimal.so.4"}, "Debian: libtcmalloc-minimal4", why_not);
    if (module == nullptr || !tc_version.require(module, "tc_version", why_not)) return;
    int major = 0, minor = 0;
    tc_version(&major, &minor, nullptr);
    if (major < 2 || major > 3) {
        why_not.append("the library that was found says it is tcmalloc ").append(static_cast<unsigned long long>(major));
        why_not.append("; versions 2 and 3 are known to work");
        return;
    }
    told::look<tcmalloc_backend>(module, "tc_malloc", "tc_free");
    if (!tc_malloc_size.require(module, "tc_malloc_size", why_not) ||
        !tc_memalign.require(module, "tc_memalign", why_not, told::gives<tcmalloc_backend, 1>) ||
        !tc_free.require(module, "tc_free", why_not, told::takes<tcmalloc_backend, tc_malloc_size>) ||
        !tc_malloc.require(module, "tc_malloc", why_not, told::gives<tcmalloc_backend, 0>))
        return;
    get_property.find(module, "MallocExtension_GetNumericProperty");
    release_free_memory.find(module, "MallocExtension_ReleaseFreeMemory");
    library::small.set(tc_malloc.get());
}
constinit text_once reason_not_to_serve{load};
std::string_view    why_not() noexcept { return reason_not_to_serve.view(); }

constinit text_once version_text{[](reason& text) noexcept {
    if (!why_not().empty()) return;
    int major = 0, minor = 0;
    tc_version(&major, &minor, nullptr);
    text.append(static_cast<unsigned long long>(major)).append(".").append(static_cast<unsigned long long>(minor));
}};

void trim() noexcept {
    if (why_not().empty() && release_free_memory) release_free_memory();
}

footprint usage() noexcept {
    footprint answer;
    if (!why_not().empty() || !get_property) return answer;
    std::size_t mapped = 0, given_back = 0;
    answer.in_use_known = get_property("generic.current_allocated_bytes", &answer.in_use) != 0;
    answer.committed_known = get_property("generic.heap_size", &mapped) != 0 &&
                             get_property("tcmalloc.pageheap_unmapped_bytes", &given_back) != 0;
    answer.committed = mapped - given_back;
    return answer;
}

}  // namespace

constinit const backend tcmalloc_backend{
    .name = "tcmalloc",
    .what = "gperftools' tcmalloc_minimal: good with many small blocks",
    .why_not = why_not,
    .resource = []() noexcept -> std::pmr::memory_resource& { return instance.resource; },
    .allocate = calls::allocate,
    .deallocate = calls::deallocate,
    .version = []() noexcept { return version_text.view(); },
    .trim = trim,
    .usage = usage,
};
template class backend_resource<tcmalloc_backend>;

}  // namespace autopmr

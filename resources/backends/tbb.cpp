#include <autopmr/backends/tbb.hpp>

#include "src/support/direct.hpp"
#include "src/support/told.hpp"

namespace autopmr {
namespace {

// oneTBB's C functions, found at run time.
constinit imported<void*(std::size_t)>                    scalable_malloc;
constinit imported<int(void**, std::size_t, std::size_t)> scalable_posix_memalign;  // what it gives, scalable_free takes
constinit imported<void(void*)>                           scalable_free;
constinit imported<std::size_t(void*)>                    scalable_msize;
constinit imported<int(int, void*)>                       scalable_allocation_command;

std::string_view why_not() noexcept;

struct library {
    static constinit inline malloc_by_alignment<library> small;

    static std::string_view why_not() noexcept { return autopmr::why_not(); }
    static void*            aligned(std::size_t bytes, std::size_t alignment) {
        void* block = nullptr;
        if (scalable_posix_memalign(&block, alignment, bytes) != 0) return nullptr;
        if (announce::blocks_watched()) announce::block_given(announce::no_pool, block, bytes);
        return block;
    }
    static void release(void* block, std::size_t, std::size_t) { scalable_free(block); }
};
using calls = direct<tbb_backend, library>;

constinit immortal<tbb_resource> instance;

void load(reason& why_not) noexcept {
    void* module = open_first_of({AUTOPMR_TBB_LIBRARY, "libtbbmalloc.so.2"}, "Debian: libtbbmalloc2", why_not);
    if (module == nullptr || !scalable_posix_memalign.require(module, "scalable_posix_memalign", why_not) ||
        !scalable_msize.require(module, "scalable_msize", why_not) ||
        !scalable_free.require(module, "scalable_free", why_not, told::takes<tbb_backend, scalable_msize>) ||
        !scalable_malloc.require(module, "scalable_malloc", why_not, told::gives<tbb_backend, 0>))
        return;
    scalable_allocation_command.find(module, "scalable_allocation_command");
    library::small.set(scalable_malloc.get());
}
constinit text_once reason_not_to_serve{load};
std::string_view    why_not() noexcept { return reason_not_to_serve.view(); }

void trim() noexcept {
    constexpr int clean_all_buffers = 0;  // TBBMALLOC_CLEAN_ALL_BUFFERS
    if (why_not().empty() && scalable_allocation_command) scalable_allocation_command(clean_all_buffers, nullptr);
}

}  // namespace

constinit const backend tbb_backend{
    .name = "tbb",
    .what = "oneTBB's scalable allocator",
    .why_not = why_not,
    .resource = []() noexcept -> std::pmr::memory_resource& { return instance.resource; },
    .allocate = calls::allocate,
    .deallocate = calls::deallocate,
    // The library has no call that tells its release: its binary interface is what is known.
    .version = []() noexcept { return why_not().empty() ? std::string_view("2 (binary interface)") : std::string_view(); },
    .trim = trim,
};
template class backend_resource<tbb_backend>;

}  // namespace autopmr

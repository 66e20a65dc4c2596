#include <autopmr/backends/scudo.hpp>

#include "src/support/direct.hpp"
#include "src/support/told.hpp"

namespace autopmr {
namespace {

// Laid out as <malloc.h> of the C library has it.
struct scudo_info {
    std::size_t arena, free_blocks, fast_blocks, mappings, mapped, most, fast_bytes, in_use, free_bytes, trimmable;
};

// The functions of libautopmr-scudo.so: Scudo under names of its own, so that it takes over nothing.
constinit imported<void*(std::size_t)>              scudo_malloc;
constinit imported<void*(std::size_t, std::size_t)> scudo_memalign;
constinit imported<void(void*)>                     scudo_free;
constinit imported<std::size_t(void*)>              scudo_usable_size;
constinit imported<int(int, int)>                   scudo_mallopt;
constinit imported<scudo_info()>                    scudo_mallinfo2;

std::string_view why_not() noexcept;

struct library {
    static constinit inline malloc_by_alignment<library> small;

    static std::string_view why_not() noexcept { return autopmr::why_not(); }
    static void*            aligned(std::size_t bytes, std::size_t alignment) { return scudo_memalign(alignment, bytes); }
    static void             release(void* block, std::size_t, std::size_t) { scudo_free(block); }
};
using calls = direct<scudo_backend, library>;

constinit immortal<scudo_resource> instance;

void load(reason& why_not) noexcept {
    constexpr std::string_view absent = AUTOPMR_SCUDO_ABSENT;
    if (!absent.empty()) {
        why_not = absent;
        return;
    }
    if (os::running_on_valgrind()) {
        why_not = "Scudo asks for more addresses than Valgrind leaves to a program";
        return;
    }
    void* module = open_first_of({"libautopmr-scudo.so"}, "link the program with autopmr::backends, which brings it", why_not);
    if (module == nullptr || !scudo_usable_size.require(module, "autopmr_scudo_malloc_usable_size", why_not) ||
        !scudo_memalign.require(module, "autopmr_scudo_memalign", why_not, told::gives<scudo_backend, 1>) ||
        !scudo_free.require(module, "autopmr_scudo_free", why_not, told::takes<scudo_backend, scudo_usable_size>) ||
        !scudo_malloc.require(module, "autopmr_scudo_malloc", why_not, told::gives<scudo_backend, 0>))
        return;
    scudo_mallopt.find(module, "autopmr_scudo_mallopt");
    scudo_mallinfo2.find(module, "autopmr_scudo_mallinfo2");
    library::small.set(scudo_malloc.get());
}
constinit text_once reason_not_to_serve{load};
std::string_view    why_not() noexcept { return reason_not_to_serve.view(); }

void trim() noexcept {
    constexpr int purge = -101;  // M_PURGE
    if (why_not().empty() && scudo_mallopt) scudo_mallopt(purge, 0);
}

footprint usage() noexcept {
    footprint answer;
    if (!why_not().empty() || !scudo_mallinfo2) return answer;
    const scudo_info all = scudo_mallinfo2();
    answer.in_use = all.in_use;
    answer.committed = all.mapped;
    answer.in_use_known = answer.committed_known = true;
    return answer;
}

}  // namespace

constinit const backend scudo_backend{
    .name = "scudo",
    .what = "LLVM's hardened allocator: heap corruption stops the program",
    .why_not = why_not,
    .resource = []() noexcept -> std::pmr::memory_resource& { return instance.resource; },
    .allocate = calls::allocate,
    .deallocate = calls::deallocate,
    .version = []() noexcept { return why_not().empty() ? std::string_view(AUTOPMR_SCUDO_VERSION) : std::string_view(); },
    .trim = trim,
    .usage = usage,
};
template class backend_resource<scudo_backend>;

}  // namespace autopmr

#include <autopmr/backends/jemalloc.hpp>
#include <autopmr/backends/jemalloc_arena.hpp>
#include <autopmr/decision.hpp>
#include <autopmr/host.hpp>

#include <cstddef>
#include <cstdint>
#include <new>

#include "src/support/direct.hpp"
#include "src/support/told.hpp"
#include "resources/backends/jemalloc_calls.hpp"

namespace autopmr {

constinit jemalloc_calls jemalloc;

namespace {

struct library {
    static constinit inline malloc_by_alignment<library> small;

    static std::string_view why_not() noexcept { return jemalloc_calls::why_not(); }
    static void*            aligned(std::size_t bytes, std::size_t alignment) {
        return jemalloc.mallocx_told(bytes, jemalloc_alignment(alignment));
    }
    // Not sdallocx with the size: it runs 70 instructions more than free on small blocks (5.3.0, bench/instructions).
    static void release(void* block, std::size_t, std::size_t) { jemalloc.free(block); }
};
using calls = direct<jemalloc_backend, library>;

constinit immortal<jemalloc_resource> instance;

constexpr auto size_of = [](void* block) { return jemalloc.usable_size(block); };

void load(reason& why_not) noexcept {
    constexpr std::string_view absent = AUTOPMR_JEMALLOC_ABSENT;
    if (!absent.empty()) {
        why_not = absent;
        return;
    }
    void* module = open_first_of({"libautopmr-jemalloc.so"}, "link the program with autopmr::backends, which brings it", why_not);
    jemalloc_calls& j = jemalloc;
    if (module == nullptr || !j.usable_size.require(module, "autopmr_jemalloc_malloc_usable_size", why_not) ||
        !j.malloc.require(module, "autopmr_jemalloc_malloc", why_not, told::gives<jemalloc_backend, 0>) ||
        !j.mallocx.require(module, "autopmr_jemalloc_mallocx", why_not) ||
        !j.mallocx_told.require(module, "autopmr_jemalloc_mallocx", why_not, told::gives<jemalloc_backend, 0>) ||
        !j.free.require(module, "autopmr_jemalloc_free", why_not, told::takes<jemalloc_backend, size_of>) ||
        !j.sdallocx.require(module, "autopmr_jemalloc_sdallocx", why_not) ||
        !j.mallctl.require(module, "autopmr_jemalloc_mallctl", why_not))
        return;
    const char* version = "";
    if (!j.read("version", version) || std::string_view(version).substr(0, 2) != "5.") {
        why_not.append("libautopmr-jemalloc.so holds jemalloc ").append(version).append("; version 5 is known to work");
        return;
    }
    library::small.set(j.malloc.get());
}
constinit text_once reason_not_to_serve{load};
bool                serves() noexcept { return reason_not_to_serve.view().empty(); }

constinit text_once version_text{[](reason& text) noexcept {
    const char* version = "";
    if (!serves() || !jemalloc.read("version", version)) return;
    const std::string_view all = version;  // "5.3.0-0-g<commit>"
    text.append(all.substr(0, all.find('-')));
}};

void trim() noexcept {
    if (!serves()) return;
    jemalloc.call("thread.tcache.flush");
    jemalloc.call("arena.4096.purge");  // MALLCTL_ARENAS_ALL
}

footprint usage() noexcept {
    footprint answer;
    if (!serves()) return answer;
    jemalloc.write("epoch", std::uint64_t{1});  // jemalloc answers with figures as old as the last of these
    answer.in_use_known = jemalloc.read("stats.allocated", answer.in_use);
    answer.committed_known = jemalloc.read("stats.resident", answer.committed);
    return answer;
}

struct decay {
    std::string_view name;      // as MALLOC_CONF writes it
    const char*      option;    // what it was at the start
    const char*      future;    // for arenas made from now on
    const char*      present;   // for all there are: 4096 is MALLCTL_ARENAS_ALL
    std::ptrdiff_t   unchanged; // jemalloc's own default, milliseconds
};
constexpr decay dirty{"dirty_decay_ms", "opt.dirty_decay_ms", "arenas.dirty_decay_ms", "arena.4096.dirty_decay_ms", 10000};
constexpr decay muzzy{"muzzy_decay_ms", "opt.muzzy_decay_ms", "arenas.muzzy_decay_ms", "arena.4096.muzzy_decay_ms", 0};

/// Sets a decay, unless the user did: in MALLOC_CONF, or in /etc/malloc.conf, seen as another start value than jemalloc's own.
void set_decay(tuning_log& log, const decay& which, std::ptrdiff_t milliseconds, std::string_view fact_name,
               std::string_view origin) noexcept {
    tuning entry;
    entry.backend = "jemalloc";
    entry.parameter = which.name;
    entry.value.append(static_cast<unsigned long long>(milliseconds));
    entry.fact = fact_name;
    entry.origin = origin;
    std::ptrdiff_t at_start = which.unchanged;
    jemalloc.read(which.option, at_start);
    const char* conf = os::environment("MALLOC_CONF");
    if (at_start != which.unchanged || (conf != nullptr && std::string_view(conf).find(which.name) != std::string_view::npos)) {
        entry.applied = false;
        entry.origin = "left as MALLOC_CONF or /etc/malloc.conf says";
    } else {
        // The second may fail for an arena that is just being made; that one has the first.
        entry.applied = jemalloc.write(which.future, milliseconds);
        jemalloc.write(which.present, milliseconds);
    }
    log.add(entry);
}

void tune(const host& machine, tuning_log& log) noexcept {
    if (!serves()) return;
    constexpr std::size_t tight = std::size_t{1} << 30;
    if (machine.memory_limit) {
        // Unused pages count against the limit: keep them for a second under a tight one, half of the usual time elsewhere.
        const std::ptrdiff_t keep = machine.memory_limit.value <= tight ? 1000 : 5000;
        set_decay(log, dirty, keep, "memory_limit", machine.memory_limit.origin);
    } else if (log.wanted() == goal::footprint) {
        set_decay(log, dirty, 500, "goal", "goal footprint");
        set_decay(log, muzzy, 0, "goal", "goal footprint");
    }
}

heap_offer own_heap() noexcept {
    if (!serves()) return {nullptr, reason_not_to_serve.view()};
    // For ever: a subsystem that has a heap of its own keeps it. From jemalloc itself, since there may be no other heap yet.
    void* place = jemalloc.malloc(sizeof(jemalloc_arena_resource));
    if (place == nullptr) return {nullptr, "out of memory"};
    auto* heap = ::new (place) jemalloc_arena_resource;
    if (heap->why_not().empty()) return {heap, {}};
    const std::string_view why_not = heap->why_not();
    heap->~jemalloc_arena_resource();
    jemalloc.free(place);
    return {nullptr, why_not};
}

}  // namespace

std::string_view jemalloc_calls::why_not() noexcept { return reason_not_to_serve.view(); }

constinit const backend jemalloc_backend{
    .name = "jemalloc",
    .what = "jemalloc: fast, gives unused memory back by itself, arenas of one's own",
    .why_not = jemalloc_calls::why_not,
    .resource = []() noexcept -> std::pmr::memory_resource& { return instance.resource; },
    .allocate = calls::allocate,
    .deallocate = calls::deallocate,
    .version = []() noexcept { return version_text.view(); },
    .tune = tune,
    .trim = trim,
    .usage = usage,
    .own_heap = own_heap,
};
template class backend_resource<jemalloc_backend>;

}  // namespace autopmr

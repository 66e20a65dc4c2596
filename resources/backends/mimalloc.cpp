#include <autopmr/backends/mimalloc.hpp>
#include <autopmr/decision.hpp>
#include <autopmr/host.hpp>

#include "src/support/direct.hpp"
#include "src/support/told.hpp"
#include "resources/backends/mimalloc_calls.hpp"

namespace autopmr {

constinit mimalloc_calls     mimalloc;
constinit mimalloc_functions mimalloc_direct{{[](std::size_t) -> void* { return nullptr; }}, {[](void*) {}}};

namespace {

struct library {
    static constinit inline malloc_by_alignment<library> small;

    static std::string_view why_not() noexcept { return mimalloc_calls::why_not(); }
    static void*            aligned(std::size_t bytes, std::size_t alignment) { return mimalloc.malloc_aligned(sound_size(bytes), alignment); }
    static void             release(void* block, std::size_t, std::size_t) { mimalloc.free(block); }
};
using calls = direct<mimalloc_backend, library>;

constinit immortal<mimalloc_resource> instance;

constinit std::atomic<const char*> no_heaps{"the mimalloc that was found has no heaps (mi_heap_new)"};

// mi_malloc and mi_free are Valgrind's there, being malloc and free; mi_malloc_aligned is not, but memalign is.
auto aligned_of(void* (*found)(std::size_t, std::size_t)) noexcept -> void* (*)(std::size_t, std::size_t) {
    if (!mimalloc.memalign) return told::gives<mimalloc_backend, 0>(found);
    return [](std::size_t bytes, std::size_t alignment) { return mimalloc.memalign(alignment, bytes); };
}

constexpr auto size_of = [](void* block) { return mimalloc.usable_size ? mimalloc.usable_size(block) : 0; };

void load(reason& why_not) noexcept {
    // heaptrack puts an mi_free of its own in front of every program's, with nothing behind it where mimalloc comes later.
    void* module = open_first_of({AUTOPMR_MIMALLOC_LIBRARY, "libmimalloc.so.2", "libmimalloc.so.2.0", "libmimalloc.so.3"},
                                 "Debian: libmimalloc2.0", why_not,
                                 os::heaptrack().given != nullptr ? os::names_of::module : os::names_of::process);
    mimalloc_calls& m = mimalloc;
    if (module == nullptr || !m.version.require(module, "mi_version", why_not)) return;
    if (const unsigned major = mimalloc_calls::major_version(); major < 1 || major > 3) {
        why_not.append("the library that was found says it is mimalloc ").append(std::size_t{major});
        why_not.append("; versions 1 to 3 are known to work");
        return;
    }
    const bool replaced = told::look<mimalloc_backend>(module, "mi_malloc", "mi_free");
    m.usable_size.find(module, "mi_usable_size");
    if ((replaced && !m.memalign.require(module, "memalign", why_not)) ||
        !m.malloc_aligned.require(module, "mi_malloc_aligned", why_not, aligned_of) ||
        !m.free.require(module, "mi_free", why_not, told::takes<mimalloc_backend, size_of>) ||
        !m.malloc.require(module, "mi_malloc", why_not, told::gives<mimalloc_backend, 0>))
        return;
    m.collect.find(module, "mi_collect");
    m.process_info.find(module, "mi_process_info");
    if (m.option_get.find(module, "mi_option_get")) m.option_set.find(module, "mi_option_set");
    if (replaced) no_heaps.store("Valgrind stands in for mi_free, and knows no heaps; start it with --soname-synonyms=somalloc=nouserintercepts",
                                 std::memory_order_relaxed);
    else if (m.heap_malloc.find(module, "mi_heap_malloc") && m.heap_malloc_aligned.find(module, "mi_heap_malloc_aligned") &&
        m.heap_free.find(module, "mi_free") && m.heap_destroy.find(module, "mi_heap_destroy")) {
        m.heap_visit_blocks.find(module, "mi_heap_visit_blocks");
        m.heap_new.find(module, "mi_heap_new");
    }
    library::small.set(m.malloc.get());
    mimalloc_direct.free.store(m.free.get(), std::memory_order_release);
    mimalloc_direct.malloc.store(m.malloc.get(), std::memory_order_release);
}
constinit text_once reason_not_to_serve{load};

// 209 is 2.0.9; later releases write two digits for each part, 30105 is 3.1.5.
struct version_number {
    unsigned major, minor, patch;
};
version_number version_parts() noexcept {
    const auto n = static_cast<unsigned>(mimalloc.version());
    if (n >= 10000) return {n / 10000, n / 100 % 100, n % 100};
    return {n / 100, n / 10 % 10, n % 10};
}

constinit text_once version_text{[](reason& text) noexcept {
    if (!mimalloc_calls::why_not().empty()) return;
    const version_number v = version_parts();
    text.append(std::size_t{v.major}).append(".").append(std::size_t{v.minor}).append(".").append(std::size_t{v.patch});
}};

bool serves() noexcept { return mimalloc_calls::why_not().empty(); }

void trim() noexcept {
    if (serves() && mimalloc.collect) mimalloc.collect(true);
}

footprint usage() noexcept {
    footprint answer;
    if (!serves() || !mimalloc.process_info) return answer;
    std::size_t committed = 0, unused = 0;
    mimalloc.process_info(&unused, &unused, &unused, &unused, &unused, &committed, &unused, &unused);
    answer.committed = committed;
    answer.committed_known = true;
    return answer;
}

// Numbers of mi_option_t that mean the same in 2.0 to 3.x, though the first was renamed from decommit_delay in 2.1.
constexpr int option_eager_commit_delay = 14, option_purge_delay = 15;

/// Sets an option, unless the user did so through mimalloc's own environment variables.
void set_option(tuning_log& log, int option, std::string_view name, std::initializer_list<const char*> variables, long value,
                std::string_view fact_name, std::string_view origin) noexcept {
    tuning entry;
    entry.backend = "mimalloc";
    entry.parameter = name;
    entry.value.append(static_cast<unsigned long long>(value));
    entry.fact = fact_name;
    entry.origin = origin;
    for (const char* variable : variables) {
        if (os::environment(variable) == nullptr) continue;
        entry.applied = false;
        entry.origin = fixed_text<192>("left as the environment says: ").append(variable);
    }
    if (entry.applied) mimalloc.option_set(option, value);
    log.add(entry);
}

void tune(const host& machine, tuning_log& log) noexcept {
    if (!serves() || !mimalloc.option_set) return;
    const version_number   v = version_parts();
    const std::string_view delay = v.major == 1 || (v.major == 2 && v.minor == 0) ? "decommit_delay" : "purge_delay";
    const auto             delay_variables = {"MIMALLOC_DECOMMIT_DELAY", "MIMALLOC_PURGE_DELAY", "MIMALLOC_RESET_DELAY"};
    constexpr std::size_t  tight = std::size_t{1} << 30;
    const bool             whole_huge_pages = machine.transparent_huge_pages && machine.transparent_huge_pages.value == huge_pages::always;

    // Under a tight limit a page that is not used is given back at once. Where the kernel backs memory with huge pages, giving
    // back early would split them, so wait longer; but not where a limit counts each page.
    if (machine.memory_limit && machine.memory_limit.value <= tight) {
        set_option(log, option_purge_delay, delay, delay_variables, 0, "memory_limit", machine.memory_limit.origin);
        // Commit the first segments of each thread only as they are touched: with huge pages a touch costs 2 MiB.
        set_option(log, option_eager_commit_delay, "eager_commit_delay", {"MIMALLOC_EAGER_COMMIT_DELAY"}, whole_huge_pages ? 8 : 4,
                   "memory_limit", machine.memory_limit.origin);
    } else if (log.wanted() == goal::footprint) {
        set_option(log, option_purge_delay, delay, delay_variables, 0, "goal", "goal footprint");
    } else if (whole_huge_pages) {
        set_option(log, option_purge_delay, delay, delay_variables, 250, "transparent_huge_pages",
                   machine.transparent_huge_pages.origin);
    }
}

}  // namespace

std::string_view mimalloc_calls::why_not() noexcept { return reason_not_to_serve.view(); }
unsigned         mimalloc_calls::major_version() noexcept { return version_parts().major; }
std::string_view mimalloc_calls::why_no_heaps() noexcept {
    return mimalloc.heap_new ? std::string_view() : no_heaps.load(std::memory_order_relaxed);
}

constinit const backend mimalloc_backend{
    .name = "mimalloc",
    .what = "Microsoft's mimalloc: the most speed in most loads",
    .why_not = mimalloc_calls::why_not,
    .resource = []() noexcept -> std::pmr::memory_resource& { return instance.resource; },
    .allocate = calls::allocate,
    .deallocate = calls::deallocate,
    .version = []() noexcept { return version_text.view(); },
    .tune = tune,
    .trim = trim,
    .usage = usage,
};
template class backend_resource<mimalloc_backend>;

}  // namespace autopmr

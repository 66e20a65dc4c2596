// THE table: which backend, when, and why. The first row that suits and can serve is taken; reading it is reading the policy.
// Backends that somebody asked for by name come before all of it (selector.cpp). Adding a backend is adding a row here.

#include <autopmr/backends/boost_pool.hpp>
#include <autopmr/backends/fixed_heap.hpp>
#include <autopmr/backends/jemalloc.hpp>
#include <autopmr/backends/mimalloc.hpp>
#include <autopmr/backends/new_delete.hpp>
#include <autopmr/backends/scudo.hpp>
#include <autopmr/backends/system.hpp>
#include <autopmr/backends/tbb.hpp>
#include <autopmr/backends/tcmalloc.hpp>
#include <autopmr/selector.hpp>

#include "src/backend_table_rules.hpp"
#include "src/support/value_once.hpp"

#include <array>
#include <string_view>

namespace autopmr {
namespace {

using os = operating_system;

constexpr candidate rows[] = {
    // A malloc that is already replaced: somebody chose for the whole process; a second allocator would only split its memory.
    {&system_backend, "malloc-replaced", malloc_is_replaced, guard::none,
     "this process's malloc was already replaced: one allocator for the whole process is what its user wanted"},

    // Tools that watch memory must see every block.
    {&system_backend, "sanitizer", a_sanitizer_watches, guard::none, "the sanitizer must see every block"},
    {&system_backend, "valgrind", valgrind_watches, guard::none, "Valgrind must see every block"},

    // Platforms that decide alone.
    {&fixed_heap_backend, "no-os", runs_on<os::none>, guard::none, "without an operating system memory is one fixed region"},
    {&system_backend, "webassembly", runs_on<os::webassembly>, guard::none,
     "WebAssembly has one linear memory, and its C library's malloc owns it"},
    {&system_backend, "android", runs_on<os::android>, guard::none, "Android's malloc is Scudo, hardened and tuned for it"},
    {&system_backend, "apple-mobile", runs_on<os::ios, os::tvos, os::watchos>, guard::none,
     "libmalloc is tuned for the device, and its memory pressure handling knows only its own zones"},
    {&system_backend, "bsd", runs_on<os::freebsd, os::netbsd, os::dragonfly>, guard::none,
     "the BSDs' own malloc is the tuned one (jemalloc or its kin)"},
    {&system_backend, "openbsd", runs_on<os::openbsd>, guard::none, "OpenBSD's own malloc is the hardened one"},
    {&system_backend, "solaris", runs_on<os::solaris, os::illumos>, guard::none, "libc and libumem are the tuned ones here"},
    {&system_backend, "other-os", runs_on<os::other>, guard::none, "nothing was measured on this system: its own malloc is the safe choice"},

    // Linux, macOS, Windows, by goal. `backends()` lists in this order.
    {&mimalloc_backend, "throughput-mimalloc", wants<goal::throughput>, guard::none,
     "fastest in most loads measured, on one CPU as on many"},
    {&jemalloc_backend, "throughput-jemalloc", wants<goal::throughput>, guard::none, "close behind in most loads measured"},
    {&tbb_backend, "throughput-tbb", wants<goal::throughput>, guard::none, "scales well where oneTBB is already installed"},
    {&tcmalloc_backend, "throughput-tcmalloc", wants<goal::throughput>, guard::none, "good with many small blocks"},
    {&system_backend, "throughput-system", wants<goal::throughput>, guard::none, "always there"},

    {&system_backend, "footprint-glibc", wants_footprint_on_glibc, guard::none,
     "glibc had the lowest peak memory in almost every load measured"},
    {&jemalloc_backend, "footprint-jemalloc", wants<goal::footprint>, guard::none,
     "with prompt decay it gives unused pages back soonest"},
    {&system_backend, "footprint-system", wants<goal::footprint>, guard::none, "always there"},

    {&scudo_backend, "hardened-scudo", wants<goal::hardened>, guard::none,
     "made to stop heap corruption: checksummed headers, randomised order, quarantine"},
    {&system_backend, "hardened-canary", wants<goal::hardened>, guard::canary,
     "the C library's malloc with canaries around each block finds overruns, though later"},

    // Only for those who ask by name.
    {&boost_pool_backend, "named-boost_pool", only_by_name, guard::none, "a pool for those who want Boost's"},
    {&new_delete_backend, "named-new_delete", only_by_name, guard::none, "std::pmr's own default, for comparison and interposers"},
};

constexpr std::size_t row_count = sizeof(rows) / sizeof(rows[0]);

constexpr std::size_t first_by_goal() {
    std::size_t i = 0;
    while (rows[i].rule != std::string_view("throughput-mimalloc")) ++i;
    return i;
}

struct distinct_backends {
    std::array<const backend*, row_count> items{};
    std::size_t                           count = 0;

    void add(const backend* one) noexcept {
        for (std::size_t i = 0; i != count; ++i)
            if (items[i] == one) return;
        items[count++] = one;
    }
};

// Each backend once: those that a goal can bring in the order of the goals, then those that only a platform brings. Made at
// the first call: under some sanitizers the compiler won't compare addresses of objects from elsewhere.
constinit value_once<distinct_backends> distinct{[](distinct_backends& made) noexcept {
    for (std::size_t i = first_by_goal(); i != row_count; ++i) made.add(rows[i].what);
    for (const candidate& row : rows) made.add(row.what);
}};

static_assert(row_count < 32, "a decision notes every row (decision::candidates)");

}  // namespace

candidate_list candidates() noexcept { return {rows, row_count}; }

backend_list backends() noexcept {
    const distinct_backends& all = distinct.get();
    return {all.items.data(), all.count};
}

const backend* find_backend(std::string_view name) noexcept {
    for (const backend& one : backends())
        if (one.name == name) return &one;
    return nullptr;
}

}  // namespace autopmr

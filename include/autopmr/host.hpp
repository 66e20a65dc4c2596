#pragma once
/// \file
/// What the probes found on this machine, each value with where it was read, or unknown.
///
/// Use it to see what a choice rested on, or to size things of your own (threads, caches) by what a container really grants.
/// Probing takes well under a millisecond, allocates nothing and never throws; any thread with 64 KiB of stack may probe.

#include <autopmr/fixed_text.hpp>

#include <cstddef>
#include <string_view>

namespace autopmr {

/// A value and the file or call it came from. Unknown means just that: never a guess, and `origin` says why.
template <class T>
struct fact {
    T               value{};
    bool            known = false;
    fixed_text<192> origin;

    constexpr explicit operator bool() const noexcept { return known; }
    constexpr T value_or(T other) const noexcept { return known ? value : other; }
};

/// When the kernel backs ordinary memory with huge pages.
enum class huge_pages : unsigned char { never, on_advice, always };

/// Which tool watches this process's memory.
enum class sanitizer : unsigned char { none, address, thread, memory, leak, hardware_address };

constexpr std::string_view to_string(huge_pages when) noexcept {
    constexpr std::string_view names[] = {"never", "on_advice", "always"};
    return names[static_cast<unsigned char>(when)];
}
constexpr std::string_view to_string(sanitizer tool) noexcept {
    constexpr std::string_view names[] = {"none", "address", "thread", "memory", "leak", "hardware_address"};
    return names[static_cast<unsigned char>(tool)];
}

/// This machine, as this process may use it.
struct host {
    fact<unsigned>       effective_cpus;     ///< the least of affinity, cpuset and every ancestor's quota, rounded up
    fact<unsigned>       affinity_cpus;      ///< CPUs the scheduler may use for this process (its main thread)
    fact<unsigned>       cpu_quota_percent;  ///< tightest quota on the way to the root, 100 = one CPU; unknown: none set
    /// Bytes; the tightest of every level's hard limit and, in version 2, memory.high, above which the kernel stalls the
    /// process. Unknown: none set. A limit of at least the physical memory bounds nothing and counts as none.
    fact<std::size_t>    memory_limit;
    fact<std::size_t>    memory_usage;       ///< bytes, at the level that sets memory_limit
    fact<std::size_t>    physical_memory;    ///< bytes
    fact<std::size_t>    page_size;          ///< bytes
    fact<huge_pages>     transparent_huge_pages;
    fact<unsigned>       numa_nodes;
    fact<fixed_text<32>> malloc_owner;       ///< "libc", "jemalloc", "tcmalloc", "mimalloc", ...: whose `malloc` this is
    fact<bool>           malloc_replaced;    ///< true when that is not the platform's own
    fact<sanitizer>      watching;
    fact<bool>           valgrind;
    fact<fixed_text<32>> container;          ///< "docker", "podman", "kubernetes", ... or "none"
    fact<bool>           wine;
};

/// Reads all of it. Files are looked up below `root`, so that a folder can stand for another machine. What has no file is
/// asked of the system only when `root` is "/"; elsewhere it is read from `root`/autopmr/<name>, which only a fixture has:
/// affinity (a list, 0-3,8), page_size, huge_pages_refused (0 or 1), malloc (a name), watching (a sanitizer's name),
/// valgrind and wine (0 or 1), environment (lines NAME=value). Origins name files as that machine would, without `root`.
[[nodiscard]] host probe_host(std::string_view root = "/") noexcept;

}  // namespace autopmr

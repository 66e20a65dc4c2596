#pragma once
/// \file
/// What the probes found on this machine, each value with where it was read, or unknown.
///
/// Use it to see what a choice rested on, or to size things of your own (threads, caches) by what a container really grants.
/// Probing takes well under a millisecond, allocates nothing and never throws; any thread may probe.

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

/// This machine, as this process may use it.
struct host {
    fact<unsigned>       effective_cpus;     ///< the least of affinity and every ancestor's quota, rounded up
    fact<unsigned>       affinity_cpus;      ///< CPUs the scheduler may use for this process
    fact<unsigned>       cpu_quota_percent;  ///< tightest quota on the way to the root, 100 = one CPU; unknown: none set
    fact<std::size_t>    memory_limit;       ///< bytes; the tightest on the way to the root; unknown: none set
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

/// Reads all of it. Files are looked up below `root`, so that a folder can stand for another machine; calls that have no
/// file (affinity, page size, whose malloc) are asked only when `root` is "/", and elsewhere read from `root`/autopmr/<name>,
/// which only a fixture has.
[[nodiscard]] host probe_host(std::string_view root = "/") noexcept;

}  // namespace autopmr

#pragma once
/// \file
/// Where this process stands in the control groups, and what every level from there up to the top allows it.
///
/// Version 1, version 2 and both side by side. A level is a folder; what the mount does not show (levels above a
/// container's namespace) can't be read, except that version 1 tells the tightest memory limit of all ancestors.

#include "src/host_files.hpp"

namespace autopmr {

/// The folder of one controller for this process.
struct cgroup_place {
    std::string_view controller;
    bool             listed_in_v1 = false;
    fixed_text<1024> inside;      ///< the path in /proc/self/cgroup
    fixed_text<1024> folder;      ///< the same as a folder of the file system; empty when it can't be seen
    std::size_t      top = 0;     ///< folder's first `top` characters are the topmost level that can be seen
    std::size_t      hidden = 0;  ///< length of the part of `inside` that lies above the top
    fixed_text<192>  why;         ///< why folder is empty
};

struct cgroup_places {
    cgroup_place memory{"memory", false, {}, {}, 0, 0, {}};
    cgroup_place cpu{"cpu", false, {}, {}, 0, 0, {}};
    cgroup_place cpuset{"cpuset", false, {}, {}, 0, 0, {}};
};

void locate(const host_files& files, cgroup_places& places) noexcept;

struct memory_bounds {
    fact<std::size_t> limit, usage;
};

/// The tightest of memory.max and memory.high (v2: above `high` the kernel stalls the process) or memory.limit_in_bytes (v1).
/// A limit of at least the physical memory bounds nothing and counts as none; so does v1's "no limit", a page below 2^63.
memory_bounds memory_bounds_of(const host_files& files, const cgroup_place& place, fact<std::size_t> physical) noexcept;

/// The tightest quota, in percent of a CPU, rounded up.
fact<unsigned> quota_percent(const host_files& files, const cgroup_place& place) noexcept;

/// CPUs of the cpuset; the kernel has already intersected it with those above.
fact<unsigned> cpuset_cpus(const host_files& files, const cgroup_place& place) noexcept;

}  // namespace autopmr

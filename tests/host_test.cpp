#include <autopmr/host.hpp>

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "host/scratch_root.hpp"
#include "support/catch.hpp"

using namespace autopmr;

namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20, gibibyte = std::size_t{1} << 30;

host probe(std::string_view name) { return probe_host(fixture(name)); }

template <class T>
void check(const fact<T>& found, T value, std::string_view origin) {
    CHECK(found.known);
    CHECK(found.value == value);
    CHECK(found.origin.view() == origin);
}

template <class T>
void check_unknown(const fact<T>& found, std::string_view why) {
    CHECK_FALSE(found.known);
    CHECK(found.value == T{});
    CHECK(found.origin.view() == why);
}

void check_name(const fact<fixed_text<32>>& found, std::string_view name, std::string_view origin) {
    CHECK(found.known);
    CHECK(found.value.view() == name);
    CHECK(found.origin.view() == origin);
}

}  // namespace

TEST_CASE("bare metal: nothing is limited, and that is said") {
    const host facts = probe("bare_metal");
    check(facts.effective_cpus, 16u, "/autopmr/affinity");
    check(facts.affinity_cpus, 16u, "/autopmr/affinity");
    check(facts.physical_memory, 64 * gibibyte, "/proc/meminfo: MemTotal");
    check(facts.page_size, std::size_t{4096}, "/autopmr/page_size");
    check(facts.transparent_huge_pages, huge_pages::always, "/sys/kernel/mm/transparent_hugepage/enabled");
    check(facts.numa_nodes, 2u, "/sys/devices/system/node/online");
    check_name(facts.malloc_owner, "libc", "/autopmr/malloc");
    check(facts.malloc_replaced, false, "/autopmr/malloc");
    check(facts.watching, sanitizer::none, "/autopmr/watching");
    check(facts.valgrind, false, "/autopmr/valgrind");
    check(facts.wine, false, "/autopmr/wine");
    check_name(facts.container, "none", "no mark of a container in the environment, /run, / and /proc/1/cgroup");
    const std::string own = "/sys/fs/cgroup/user.slice/user-1000.slice/session-1.scope: ";
    check_unknown(facts.memory_limit, own + "no memory limit below the physical memory is set here or above");
    check_unknown(facts.memory_usage, "no limit, so no level to read it at");
    check_unknown(facts.cpu_quota_percent, own + "no CPU quota is set here or above");
}

TEST_CASE("Docker on version 1: a quota of 2.5 CPUs is three, the mount shows the container's own folder") {
    const host facts = probe("docker_v1");
    check(facts.memory_limit, 512 * mebibyte, "/sys/fs/cgroup/memory/memory.limit_in_bytes");
    check(facts.memory_usage, 100 * mebibyte, "/sys/fs/cgroup/memory/memory.usage_in_bytes");
    check(facts.cpu_quota_percent, 250u, "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us");
    check(facts.effective_cpus, 3u, "quota of 250%, rounded up: /sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us");
    check(facts.affinity_cpus, 8u, "/autopmr/affinity");
    check_name(facts.container, "docker", "/proc/self/cgroup");
}

TEST_CASE("Docker on version 2: a quota of half a CPU is one") {
    const host facts = probe("docker_v2");
    check(facts.memory_limit, gibibyte, "/sys/fs/cgroup/memory.max");
    check(facts.memory_usage, 300 * mebibyte, "/sys/fs/cgroup/memory.current");
    check(facts.cpu_quota_percent, 50u, "/sys/fs/cgroup/cpu.max");
    check(facts.effective_cpus, 1u, "quota of 50%, rounded up: /sys/fs/cgroup/cpu.max");
    check_name(facts.container, "docker", "/.dockerenv exists");
}

TEST_CASE("Kubernetes: the limit two levels up binds, with the usage of that level") {
    const host        facts = probe("kubernetes_slice");
    const std::string level = "/sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/";
    check(facts.memory_limit, 768 * mebibyte, level + "memory.max");
    check(facts.memory_usage, 500 * mebibyte, level + "memory.current");
    check(facts.cpu_quota_percent, 400u, level + "cpu.max");
    check(facts.effective_cpus, 4u, "quota of 400%, rounded up: " + level + "cpu.max");
    check_name(facts.container, "kubernetes", "KUBERNETES_SERVICE_HOST is set");
}

TEST_CASE("a systemd slice: memory.high of the slice is tighter than memory.max of the service") {
    const host        facts = probe("systemd_slice");
    const std::string level = "/sys/fs/cgroup/system.slice/app.slice/";
    check(facts.memory_limit, 2 * gibibyte, level + "memory.high");
    check(facts.memory_usage, gibibyte, level + "memory.current");
    check(facts.effective_cpus, 2u, "quota of 150%, rounded up: " + level + "cpu.max");
}

TEST_CASE("hybrid: controllers of version 1 count, version 2 without them does not") {
    const host facts = probe("hybrid");
    check(facts.memory_limit, 3 * gibibyte, "/sys/fs/cgroup/memory/system.slice/memory.limit_in_bytes");
    check(facts.memory_usage, 2 * gibibyte, "/sys/fs/cgroup/memory/system.slice/memory.usage_in_bytes");
    check(facts.effective_cpus, 3u, "/sys/fs/cgroup/cpuset/cpuset.effective_cpus");
    CHECK_FALSE(facts.cpu_quota_percent.known);
}

TEST_CASE("version 1: the sentinel is no limit") {
    const host facts = probe("v1_no_limit");
    check_unknown(facts.memory_limit,
                  "/sys/fs/cgroup/memory/user.slice: no memory limit below the physical memory is set here or above");
    CHECK_FALSE(facts.memory_usage.known);
    // Nor where the physical memory is not known, and with pages of 64 KiB.
    scratch_root other("v1_no_limit");
    other.remove("proc/meminfo").write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854710272\n");
    CHECK_FALSE(other.probe().memory_limit.known);
}

TEST_CASE("a limit of at least the physical memory bounds nothing") {
    scratch_root machine("docker_v2");
    machine.write("sys/fs/cgroup/memory.max", std::to_string(32 * gibibyte) + "\n");
    CHECK_FALSE(machine.probe().memory_limit.known);
    machine.write("sys/fs/cgroup/memory.max", std::to_string(32 * gibibyte - 4096) + "\n");
    CHECK(machine.probe().memory_limit.value == 32 * gibibyte - 4096);
}

TEST_CASE("version 1 tells of a limit above the container that no folder shows") {
    scratch_root machine("docker_v1");
    machine.write("sys/fs/cgroup/memory/memory.stat", "cache 1\nhierarchical_memory_limit 268435456\n");
    const host facts = machine.probe();
    check(facts.memory_limit, 256 * mebibyte, "/sys/fs/cgroup/memory/memory.stat: hierarchical_memory_limit");
    check_unknown(facts.memory_usage, "the level that sets the limit can't be seen from here");
}

TEST_CASE("version 1 without hierarchy: an upper level does not bind its children") {
    scratch_root machine("hybrid");
    machine.write("sys/fs/cgroup/memory/system.slice/memory.use_hierarchy", "0\n");
    machine.write("sys/fs/cgroup/memory/system.slice/db.service/memory.stat", "hierarchical_memory_limit 9223372036854771712\n");
    CHECK_FALSE(machine.probe().memory_limit.known);
}

TEST_CASE("of equal limits the upper level is named, whose usage holds the lower one's") {
    scratch_root machine("systemd_slice");
    machine.write("sys/fs/cgroup/system.slice/memory.max", std::to_string(2 * gibibyte));
    check(machine.probe().memory_limit, 2 * gibibyte, "/sys/fs/cgroup/system.slice/memory.max");
    CHECK(machine.probe().memory_usage.value == 5 * gibibyte);
}

TEST_CASE("one CPU of eight, huge pages never") {
    const host facts = probe("one_cpu");
    check(facts.effective_cpus, 1u, "/autopmr/affinity");
    check(facts.transparent_huge_pages, huge_pages::never, "/sys/kernel/mm/transparent_hugepage/enabled");
}

TEST_CASE("a process that refuses huge pages gets none") {
    scratch_root machine("bare_metal");
    machine.write("autopmr/huge_pages_refused", "1\n");
    check(machine.probe().transparent_huge_pages, huge_pages::never, "this process refuses them, prctl(PR_SET_THP_DISABLE)");
}

TEST_CASE("tools and foreign mallocs of a fixture") {
    check_name(probe("preloaded_jemalloc").malloc_owner, "jemalloc", "/autopmr/malloc");
    check(probe("preloaded_jemalloc").malloc_replaced, true, "/autopmr/malloc");
    check(probe("address_sanitizer").watching, sanitizer::address, "/autopmr/watching");
    check(probe("valgrind").valgrind, true, "/autopmr/valgrind");
}

TEST_CASE("a machine without /proc and /sys") {
    const host facts = probe("no_proc");
    check(facts.effective_cpus, 10u, "/autopmr/affinity");
    check(facts.wine, true, "/autopmr/wine");
    check_unknown(facts.physical_memory, "/proc/meminfo: missing");
    check_unknown(facts.memory_limit, "/proc/self/cgroup: missing");
    check_unknown(facts.memory_usage, "/proc/self/cgroup: missing");
    check_unknown(facts.numa_nodes, "/sys/devices/system/node/online: missing");
    CHECK_FALSE(facts.container.known);
}

TEST_CASE("this machine: what can be asked in another way agrees") {
    const host facts = probe_host();
    CHECK(facts.page_size.value == static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)));
    REQUIRE(facts.physical_memory.known);
    CHECK(facts.physical_memory.value / (64 * mebibyte) ==
          static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) * facts.page_size.value / (64 * mebibyte));
    REQUIRE(facts.effective_cpus.known);
    CHECK(facts.effective_cpus.value >= 1);
    CHECK(facts.effective_cpus.value <= facts.affinity_cpus.value);
    CHECK(facts.valgrind.known);
    CHECK(facts.malloc_owner.known);
}

TEST_CASE("this process, bound to one CPU") {
    cpu_set_t before;
    REQUIRE(::sched_getaffinity(0, sizeof before, &before) == 0);
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int cpu = 0; cpu != CPU_SETSIZE; ++cpu)
        if (CPU_ISSET(cpu, &before)) {
            CPU_SET(cpu, &one);
            break;
        }
    REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);
    const host facts = probe_host();
    REQUIRE(::sched_setaffinity(0, sizeof before, &before) == 0);
    CHECK(facts.affinity_cpus.value == 1);
    CHECK(facts.effective_cpus.value == 1);

    // A thread that is bound says nothing of the process.
    host from_thread;
    std::thread([&] {
        if (::sched_setaffinity(0, sizeof one, &one) == 0) from_thread = probe_host();
    }).join();
    CHECK(from_thread.affinity_cpus.value == static_cast<unsigned>(CPU_COUNT(&before)));
}

TEST_CASE("this process, refusing huge pages") {
    REQUIRE(::prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0);
    const host facts = probe_host("/");
    REQUIRE(::prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0) == 0);
    CHECK(facts.transparent_huge_pages.known);
    CHECK(facts.transparent_huge_pages.value == huge_pages::never);
}

TEST_CASE("a thread with a small stack can probe") {
    const bool     watched = probe_host().watching.value != sanitizer::none;  // its frames are larger
    pthread_attr_t attributes;
    REQUIRE(::pthread_attr_init(&attributes) == 0);
    REQUIRE(::pthread_attr_setstacksize(&attributes, watched ? mebibyte : 64 * 1024) == 0);
    static host facts;
    pthread_t   thread;
    REQUIRE(::pthread_create(&thread, &attributes, [](void*) -> void* { return facts = probe_host(), nullptr; }, nullptr) == 0);
    ::pthread_join(thread, nullptr);
    ::pthread_attr_destroy(&attributes);
    CHECK(facts.page_size.known);
}

// Files that are missing, unreadable, too long or nonsense: the fact is unknown and says why, or the rest still counts.
#include <sys/stat.h>

#include "host/scratch_root.hpp"
#include "support/catch.hpp"

using namespace autopmr;

namespace {

const std::string memory_max = "sys/fs/cgroup/memory.max", cpu_max = "sys/fs/cgroup/cpu.max";

void check_limit_refused(std::string_view content, std::string_view why) {
    scratch_root machine("docker_v2");
    machine.write(memory_max, content);
    const host facts = machine.probe();
    CHECK_FALSE(facts.memory_limit.known);
    CHECK(facts.memory_limit.origin.view() == why);
    CHECK_FALSE(facts.memory_usage.known);
    CHECK(facts.effective_cpus.value == 1);  // the rest is as it was
}

void check_quota_refused(std::string_view content, std::string_view why) {
    scratch_root machine("docker_v2");
    machine.write(cpu_max, content);
    const host facts = machine.probe();
    CHECK_FALSE(facts.cpu_quota_percent.known);
    CHECK(facts.cpu_quota_percent.origin.view() == why);
    CHECK(facts.effective_cpus.value == 8);
}

}  // namespace

TEST_CASE("a memory limit that is no number is refused and quoted") {
    const std::string file = "/sys/fs/cgroup/memory.max: not a number of bytes: ";
    check_limit_refused("a lot\n", file + "\"a lot\"");
    check_limit_refused("-1\n", file + "\"-1\"");
    check_limit_refused("", file + "\"\"");
    check_limit_refused("\n", file + "\"\"");
    check_limit_refused("1e9\n", file + "\"1e9\"");
    check_limit_refused("0x1000\n", file + "\"0x1000\"");
    check_limit_refused("1073741824 bytes\n", file + "\"1073741824 bytes\"");
    check_limit_refused("99999999999999999999\n", file + "\"99999999999999999999\"");
    check_limit_refused(std::string_view("10\0007\n", 5), file + "\"10?7\"");
    check_limit_refused("\xff\xfe\x1b[31m\n", file + "\"???[31m\"");
    check_limit_refused(std::string(60, '7'), file + "\"" + std::string(24, '7') + "...\"");
}

TEST_CASE("a file far longer than the kernel's is refused, whatever it begins with") {
    check_limit_refused(std::string(100'000, '1'), "/sys/fs/cgroup/memory.max: far longer than such a file is");
    check_limit_refused("4096" + std::string(100'000, ' '), "/sys/fs/cgroup/memory.max: far longer than such a file is");
}

TEST_CASE("a CPU quota that is none is refused and quoted") {
    const std::string quota = "/sys/fs/cgroup/cpu.max: not a quota of CPU time: ";
    const std::string period = "/sys/fs/cgroup/cpu.max: not a period of CPU time: ";
    check_quota_refused("half 100000\n", quota + "\"half\"");
    check_quota_refused("-5 100000\n", quota + "\"-5\"");
    check_quota_refused("0 100000\n", quota + "\"0\"");
    check_quota_refused("18446744073709551615 100000\n", quota + "\"18446744073709551615\"");
    check_quota_refused("50000\n", period + "\"\"");
    check_quota_refused("50000 0\n", period + "\"0\"");
    check_quota_refused("50000 -1\n", period + "\"-1\"");
    check_quota_refused("", quota + "\"\"");
}

TEST_CASE("a tiny quota is still one CPU, a huge one is none") {
    scratch_root machine("docker_v2");
    CHECK(machine.write(cpu_max, "1000 1000000\n").probe().effective_cpus.value == 1);
    CHECK(machine.probe().cpu_quota_percent.value == 1);
    CHECK(machine.write(cpu_max, "200001 100000\n").probe().effective_cpus.value == 3);
    CHECK(machine.write(cpu_max, "100000000000000000 1\n").probe().effective_cpus.value == 8);
}

TEST_CASE("one level that can't be read does not hide the others") {
    scratch_root machine("kubernetes_slice");
    machine.write("sys/fs/cgroup/kubepods.slice/memory.max", "rubbish\n");
    const host facts = machine.probe();
    CHECK(facts.memory_limit.value == 768u << 20);
    CHECK(facts.memory_limit.origin.view() ==
          "/sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/memory.max; not counted: "
          "/sys/fs/cgroup/kubepods.slice/memory.max: not a number of bytes: \"rubbish\"");
}

TEST_CASE("a folder, a dangling link or a pipe in place of a file") {
    scratch_root machine("docker_v2");
    machine.folder_in_place_of(memory_max).dangling_link_in_place_of("proc/meminfo").remove(cpu_max);
    REQUIRE(::mkfifo(machine.at(cpu_max).c_str(), 0600) == 0);
    const host facts = machine.probe();
    CHECK(facts.memory_limit.origin.view() == "/sys/fs/cgroup/memory.max: a folder, not a file");
    CHECK(facts.physical_memory.origin.view() == "/proc/meminfo: missing");
    CHECK(facts.cpu_quota_percent.origin.view() == "/sys/fs/cgroup/cpu.max: not a quota of CPU time: \"\"");
    CHECK_FALSE((facts.memory_limit.known || facts.physical_memory.known || facts.cpu_quota_percent.known));
}

TEST_CASE("a usage that can't be read is unknown, the limit stays") {
    scratch_root machine("docker_v2");
    machine.remove("sys/fs/cgroup/memory.current");
    const host facts = machine.probe();
    CHECK(facts.memory_limit.known);
    CHECK_FALSE(facts.memory_usage.known);
    CHECK(facts.memory_usage.origin.view() == "/sys/fs/cgroup/memory.current: missing");
}

TEST_CASE("facts outside control groups, spoilt") {
    const auto spoil = [](const std::string& file, std::string_view content) {
        scratch_root machine("bare_metal");
        return machine.write(file, content).probe();
    };
    const std::string thp = "sys/kernel/mm/transparent_hugepage/enabled", nodes = "sys/devices/system/node/online";
    CHECK(spoil("proc/meminfo", "MemTotal: lots kB\n").physical_memory.origin.view() ==
          "/proc/meminfo: MemTotal is not a number of kB: \"lots kB\"");
    CHECK_FALSE(spoil("proc/meminfo", "MemTotal: 18446744073709551615 kB\n").physical_memory.known);
    CHECK_FALSE(spoil("proc/meminfo", "MemTotal: 1024\n").physical_memory.known);
    CHECK_FALSE(spoil("proc/meminfo", "MemTotal: 0 kB\n").physical_memory.known);
    CHECK(spoil("proc/meminfo", "MemFree: 1 kB\n").physical_memory.origin.view() == "/proc/meminfo: no MemTotal");
    CHECK(spoil(thp, "always madvise never\n").transparent_huge_pages.origin.view() ==
          "/" + thp + ": none of always, madvise and never is marked: \"always madvise never\"");
    CHECK_FALSE(spoil(thp, "[").transparent_huge_pages.known);
    CHECK(spoil(nodes, "0-\n").numa_nodes.origin.view() == "/" + nodes + ": not a list of numbers: \"0-\"");
    for (const char* list : {"3-1", "0-99999999", "0,0", ",", "0,,1", "-1", "a", "0-3,2", "0-3,", ""})
        CHECK_FALSE(spoil(nodes, list).numa_nodes.known);
    CHECK(spoil(nodes, "0-1,4,8-9").numa_nodes.value == 5);
    CHECK_FALSE(spoil("autopmr/page_size", "5000").page_size.known);
    CHECK_FALSE(spoil("autopmr/malloc", "").malloc_owner.known);
    CHECK(spoil("autopmr/watching", "hawk").watching.origin.view() == "/autopmr/watching: not a sanitizer: \"hawk\"");
    CHECK_FALSE(spoil("autopmr/valgrind", "maybe").valgrind.known);
    // Without affinity, what is online stands in for it; a quota alone is no count of CPUs.
    CHECK(spoil("autopmr/affinity", "x").effective_cpus.value == 16);
    scratch_root blind("docker_v2");
    blind.remove("autopmr/affinity").remove("sys/devices/system/cpu/online").remove("sys/fs/cgroup/cpuset.cpus.effective");
    CHECK_FALSE(blind.probe().effective_cpus.known);
}

TEST_CASE("a long mountinfo is read in pieces, very long lines are passed over") {
    scratch_root machine("docker_v2");
    std::string  noise;
    for (int i = 0; i != 5000; ++i) noise += std::to_string(i) + " 1 0:1 / /mnt/" + std::to_string(i) + " rw - tmpfs tmpfs rw\n";
    noise += "9 1 0:2 / /long rw - overlay overlay " + std::string(100'000, 'x') + "\n";
    const std::string mount = "705 700 0:26 / /sys/fs/cgroup ro - cgroup2 cgroup rw\n";
    CHECK(machine.write("proc/self/mountinfo", noise + mount).probe().memory_limit.value == std::size_t{1} << 30);
    // Past the first mebibyte it is not found, and that is said.
    const std::string too_much(2u << 20, 'x');
    CHECK(machine.write("proc/self/mountinfo", too_much + "\n" + mount).probe().memory_limit.origin.view() ==
          "/proc/self/mountinfo: no mount of this controller");
}

TEST_CASE("a control group that the mount does not show is unknown, not guessed") {
    scratch_root      machine("docker_v2");
    const std::string top = "705 700 0:26 ", rest = " /sys/fs/cgroup ro - cgroup2 cgroup rw\n";
    const auto        with = [&](std::string_view own, std::string_view root) {
        machine.write("proc/self/cgroup", "0::" + std::string(own) + "\n");
        return machine.write("proc/self/mountinfo", top + std::string(root) + rest).probe();
    };
    CHECK(with("/../other", "/").memory_limit.origin.view() ==
          "/proc/self/mountinfo: the process is in /../other, which the mount of / does not show");
    CHECK_FALSE(with("/", "/../..").memory_limit.known);
    CHECK_FALSE(with("/abc", "/a").memory_limit.known);
    CHECK_FALSE(with("relative", "/").memory_limit.known);
    CHECK_FALSE(with(std::string("/").append(3000, 'd'), "/").memory_limit.known);
    CHECK(with("/a/b", "/a/b").memory_limit.value == std::size_t{1} << 30);
}

TEST_CASE("a mount point with a space, and of two mounts the one that shows more levels") {
    scratch_root machine("docker_v2");
    machine.write("proc/self/cgroup", "0::/outer/inner\n");
    machine.write("proc/self/mountinfo",
                  "1 0 0:26 /outer/inner /narrow rw - cgroup2 cgroup rw\n2 0 0:26 / /my\\040groups rw - cgroup2 cgroup rw\n");
    machine.write("narrow/memory.max", "max\n").write("my groups/outer/inner/memory.max", "max\n");
    machine.write("my groups/outer/memory.max", "65536\n");
    CHECK(machine.probe().memory_limit.value == 65536);
    CHECK(machine.probe().memory_limit.origin.view() == "/my groups/outer/memory.max");
}

TEST_CASE("a long path in an origin loses its middle, not its end") {
    scratch_root      machine("docker_v2");
    const std::string group = std::string("/").append(120, 'p').append("/").append(120, 'q');
    machine.write("proc/self/cgroup", "0::" + group + "\n").write("sys/fs/cgroup" + group + "/memory.max", "65536\n");
    const host facts = machine.probe();
    CHECK(facts.memory_limit.value == 65536);
    CHECK(facts.memory_limit.origin.view().size() == 192);
    CHECK(facts.memory_limit.origin.view().substr(0, 16) == "/sys/fs/cgroup/p");
    CHECK(facts.memory_limit.origin.view().substr(180) == "q/memory.max");
}

TEST_CASE("marks of containers") {
    const auto with = [](const std::string& file, std::string_view content) {
        scratch_root machine("bare_metal");
        return machine.write(file, content).probe().container;
    };
    CHECK(with("run/.containerenv", "").value.view() == "podman");
    CHECK(with("run/systemd/container", "systemd-nspawn\n").value.view() == "systemd-nspawn");
    CHECK(with("proc/1/environ", std::string_view("PATH=/\nx\0container=lxc\0A=b\0", 26)).value.view() == "lxc");
    CHECK(with("autopmr/environment", "container=oci\n").value.view() == "oci");
    CHECK(with("proc/1/cgroup", "1:name=systemd:/lxc/web\n").value.view() == "lxc");
    CHECK(with("proc/self/cgroup", "0::/machine.slice/libpod-0123.scope\n").value.view() == "podman");
    CHECK(with(".dockerenv", "").origin.view() == "/.dockerenv exists");
}

TEST_CASE("a root that is not there leaves everything unknown") {
    const host facts = probe_host("/nowhere/at/all");
    CHECK_FALSE((facts.effective_cpus.known || facts.memory_limit.known || facts.physical_memory.known || facts.page_size.known));
    CHECK_FALSE((facts.malloc_owner.known || facts.container.known || facts.watching.known));
    CHECK(facts.page_size.origin.view() == "/autopmr/page_size: missing");
    CHECK_FALSE(probe_host(std::string(10'000, 'r')).page_size.known);
}

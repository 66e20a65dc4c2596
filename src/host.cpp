#include <autopmr/host.hpp>

#include "src/platform/os.hpp"
#include "src/host_cgroup.hpp"
#include "src/host_files.hpp"
#include "src/host_malloc.hpp"
#include "src/host_numbers.hpp"
#include "src/host_surroundings.hpp"

#include <limits>

namespace autopmr {
namespace {

/// A file that holds one positive number and nothing else.
template <class T>
fact<T> number_in(const host_files& files, std::string_view path) noexcept {
    const file_text    file = files.read(path);
    unsigned long long number = 0;
    if (!file.ok()) return unknown<T>(origin_text(path, file.why()));
    if (!parse_number(file.text(), number) || number == 0 || number > std::numeric_limits<T>::max())
        return unknown<T>(origin_quoting(path, "not a number we can use:", file.text()));
    return found(static_cast<T>(number), origin_text(path));
}

/// A file that holds a list such as 0-3,8.
fact<unsigned> list_size_in(const host_files& files, std::string_view path) noexcept {
    const file_text file = files.read(path);
    unsigned        size = 0;
    if (!file.ok()) return unknown<unsigned>(origin_text(path, file.why()));
    if (!parse_list_size(file.text(), size)) return unknown<unsigned>(origin_quoting(path, "not a list of numbers:", file.text()));
    return found(size, origin_text(path));
}

fact<unsigned> affinity_of(const host_files& files) noexcept {
    if (!files.this_machine()) return list_size_in(files, "/autopmr/affinity");
    if (const unsigned cpus = os::affinity_cpus(); cpus != 0) return found(cpus, "the scheduler's affinity of this process");
    return unknown<unsigned>("the system does not say which CPUs it may use");
}

fact<std::size_t> page_size_of(const host_files& files) noexcept {
    if (files.this_machine()) return found(os::page_size(), "the system's page size");
    auto size = number_in<std::size_t>(files, "/autopmr/page_size");
    if (size && (size.value & (size.value - 1)) != 0) size = unknown<std::size_t>("/autopmr/page_size: not a power of two");
    return size;
}

fact<std::size_t> physical_memory_of(const host_files& files) noexcept {
    constexpr std::string_view path = "/proc/meminfo", key = "MemTotal:", unit = " kB";
    line_reader                lines(files, path);
    for (std::string_view line; lines.next(line);) {
        if (line.substr(0, key.size()) != key) continue;
        auto               text = trimmed(line.substr(key.size()));
        unsigned long long kibibytes = 0;
        const bool         has_unit = text.size() > unit.size() && text.substr(text.size() - unit.size()) == unit;
        if (!has_unit || !parse_number(trimmed(text.substr(0, text.size() - unit.size())), kibibytes) || kibibytes == 0 ||
            kibibytes > std::numeric_limits<std::size_t>::max() / 1024)
            return unknown<std::size_t>(origin_quoting(path, "MemTotal is not a number of kB:", text));
        return found(static_cast<std::size_t>(kibibytes) * 1024, origin_text(path, "MemTotal"));
    }
    if (files.this_machine())
        if (const std::size_t bytes = os::physical_memory(); bytes != 0) return found(bytes, "the system's count of pages");
    return unknown<std::size_t>(origin_text(path, lines.why().empty() ? "no MemTotal" : lines.why()));
}

fact<huge_pages> huge_pages_of(const host_files& files) noexcept {
    constexpr std::string_view path = "/sys/kernel/mm/transparent_hugepage/enabled", refused = "/autopmr/huge_pages_refused";
    if (files.this_machine() ? os::huge_pages_refused() == 1 : files.read(refused).text() == "1")
        return found(huge_pages::never, "this process refuses them, prctl(PR_SET_THP_DISABLE)");
    const file_text file = files.read(path);
    if (!file.ok()) return unknown<huge_pages>(origin_text(path, file.why()));
    auto chosen = file.text();
    take_until(chosen, '[');
    chosen = take_until(chosen, ']');
    for (const huge_pages each : {huge_pages::never, huge_pages::on_advice, huge_pages::always})
        if (chosen == (each == huge_pages::on_advice ? "madvise" : to_string(each))) return found(each, origin_text(path));
    return unknown<huge_pages>(origin_quoting(path, "none of always, madvise and never is marked:", file.text()));
}

malloc_facts malloc_of(const host_files& files) noexcept {
    constexpr std::string_view path = "/autopmr/malloc";
    if (files.this_machine()) return malloc_of_this_process();
    const file_text file = files.read(path);
    if (file.ok() && !file.text().empty()) return malloc_named(file.text(), origin_text(path));
    const auto why = origin_text(path, file.ok() ? "empty" : file.why());
    return {unknown<fixed_text<32>>(why), unknown<bool>(why)};
}

/// The least of what may run us and what we may use. A quota alone is no count of CPUs: it says nothing of how many there are.
fact<unsigned> least_of(const host_files& files, const fact<unsigned>& affinity, const fact<unsigned>& cpuset,
                        const fact<unsigned>& quota) noexcept {
    fact<unsigned> least = affinity;
    if (cpuset && (!least || cpuset.value < least.value)) least = cpuset;
    if (!least) least = list_size_in(files, "/sys/devices/system/cpu/online");
    if (!least || !quota) return least;
    const unsigned granted = quota.value / 100 + (quota.value % 100 != 0);
    if (granted >= least.value) return least;
    return found(granted, fixed_text<192>("quota of ").append(quota.value).append("%, rounded up: ").append(quota.origin));
}

}  // namespace

host probe_host(std::string_view root) noexcept {
    const host_files files(root);
    host             facts;
    facts.affinity_cpus = affinity_of(files);
    facts.page_size = page_size_of(files);
    facts.physical_memory = physical_memory_of(files);
    facts.transparent_huge_pages = huge_pages_of(files);
    facts.numa_nodes = list_size_in(files, "/sys/devices/system/node/online");

    cgroup_places places;
    locate(files, places);
    const memory_bounds memory = memory_bounds_of(files, places.memory, facts.physical_memory);
    facts.memory_limit = memory.limit;
    facts.memory_usage = memory.usage;
    facts.cpu_quota_percent = quota_percent(files, places.cpu);
    facts.effective_cpus = least_of(files, facts.affinity_cpus, cpuset_cpus(files, places.cpuset), facts.cpu_quota_percent);

    const malloc_facts owner = malloc_of(files);
    facts.malloc_owner = owner.owner;
    facts.malloc_replaced = owner.replaced;
    facts.watching = watching_of(files);
    facts.valgrind = valgrind_of(files);
    facts.container = container_of(files);
    facts.wine = wine_of(files);
    return facts;
}

}  // namespace autopmr

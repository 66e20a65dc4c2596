#include <autopmr/host.hpp>

#include "src/platform/os.hpp"

namespace autopmr {

host probe_host(std::string_view root) noexcept {
    host found;
    if (root == "/") {
        if (const unsigned cpus = os::affinity_cpus(); cpus != 0) found.affinity_cpus = {cpus, true, "sched_getaffinity"};
        found.effective_cpus = found.affinity_cpus;
        found.page_size = {os::page_size(), true, "sysconf(_SC_PAGESIZE)"};
        if (const std::size_t bytes = os::physical_memory(); bytes != 0)
            found.physical_memory = {bytes, true, "sysconf(_SC_PHYS_PAGES)"};
    }
    return found;
}

}  // namespace autopmr

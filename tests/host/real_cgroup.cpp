// Real control groups of version 1, made below this process's own: the probes must find what the kernel grants.
// 77: skipped, with the reason.
#include <autopmr/host.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>

namespace {

struct skipped : std::runtime_error {
    using runtime_error::runtime_error;
};
[[noreturn]] void skip(const std::string& why) { throw skipped(why); }

/// The folder of this process in a controller mounted in the usual place; empty when there is none of version 1.
std::string own_folder(const std::string& controller) {
    std::ifstream lines("/proc/self/cgroup");
    for (std::string line; std::getline(lines, line);) {
        const auto first = line.find(':'), second = line.find(':', first + 1);
        if (line.substr(first + 1, second - first - 1) != controller) continue;
        const std::string folder = "/sys/fs/cgroup/" + controller + line.substr(second + 1);
        return folder.back() == '/' ? folder.substr(0, folder.size() - 1) : folder;
    }
    return {};
}

bool put(const std::string& file, const std::string& value) {
    const int  handle = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
    const bool done = handle >= 0 && ::write(handle, value.data(), value.size()) == static_cast<ssize_t>(value.size());
    if (handle >= 0) ::close(handle);
    return done;
}

/// Two levels, removed at the end.
struct group {
    std::string outer, inner;
    explicit group(const std::string& controller) {
        const std::string own = own_folder(controller);
        if (own.empty()) skip("controller " + controller + " of version 1 is not mounted in the usual place");
        outer = own + "/autopmr-test-" + std::to_string(::getpid());
        inner = outer + "/inner";
        if (::mkdir(outer.c_str(), 0755) != 0) skip("can't make " + outer + ": " + std::strerror(errno));
        if (::mkdir(inner.c_str(), 0755) != 0) {
            const int error = errno;
            ::rmdir(outer.c_str());
            skip("can't make " + inner + ": " + std::strerror(error));
        }
    }
    ~group() {
        for (const std::string& folder : {inner, outer})
            for (int tries = 0; ::rmdir(folder.c_str()) != 0 && errno == EBUSY && tries != 100; ++tries) ::usleep(10'000);
    }
    group(const group&) = delete;
};

int failures = 0;
void check(bool good, const char* what, const autopmr::host& facts) {
    if (good) return;
    ++failures;
    const auto& limit = facts.memory_limit.origin;
    const auto& quota = facts.cpu_quota_percent.origin;
    std::printf("wrong: %s\n  memory limit: %.*s\n  quota: %.*s\n", what, static_cast<int>(limit.view().size()), limit.view().data(),
                static_cast<int>(quota.view().size()), quota.view().data());
}

int run() {
    group memory("memory"), cpu("cpu");
    if (!put(memory.outer + "/memory.limit_in_bytes", "67108864")) skip("can't set a limit in " + memory.outer);
    if (!put(cpu.outer + "/cpu.cfs_quota_us", "50000")) skip("can't set a quota in " + cpu.outer);
    std::fflush(stdout);
    const pid_t child = ::fork();
    if (child == 0) {
        if (!put(memory.inner + "/cgroup.procs", "0") || !put(cpu.inner + "/cgroup.procs", "0")) {
            std::puts("skipped: can't move a process into the group");
            std::fflush(stdout);
            ::_exit(77);
        }
        const std::string   touched(std::size_t{1} << 20, 'x');  // something to be counted
        const autopmr::host facts = autopmr::probe_host();
        check(touched.size() != 0 && facts.memory_limit.known && facts.memory_limit.value == 67108864, "the limit one level up", facts);
        check(facts.memory_limit.origin.view() == memory.outer + "/memory.limit_in_bytes", "where the limit is", facts);
        check(facts.memory_usage.known && facts.memory_usage.value <= 67108864, "the usage of that level", facts);
        check(facts.cpu_quota_percent.known && facts.cpu_quota_percent.value == 50, "the quota one level up", facts);
        check(facts.effective_cpus.value == 1, "half a CPU is one", facts);
        if (failures == 0) std::puts("found a limit of 64 MiB and a quota of half a CPU one level up");
        std::fflush(stdout);
        ::_exit(failures != 0);
    }
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child) return 1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace

int main() {
    try {
        return run();
    } catch (const skipped& reason) {  // by now the groups are gone
        std::printf("skipped: %s\n", reason.what());
        return 77;
    }
}

// What the system may refuse: locked memory, memfd_secret. Privileges and system calls go in child processes.
#include <autopmr/guarded/secret_resource.hpp>

#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/faults.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#if defined(__linux__)
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace autopmr;
using autopmr_test::in_child;

namespace {

constexpr int could_not = 77;

/// Root may lock without limit: gives that up for good.
bool lock_at_most(std::size_t bytes) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct   none[2] = {};
    const rlimit             limit{bytes, bytes};
    return ::setrlimit(RLIMIT_MEMLOCK, &limit) == 0 && ::syscall(SYS_capset, &header, none) == 0;
}

/// From now on a system call answers with an error.
bool refuse_call(unsigned number, unsigned error) {
    sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog program{4, filter};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}
constexpr unsigned memfd_secret_call = 447;

std::size_t locked_now() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;)
        if (word == "VmLck:") {
            std::size_t kib = 0;
            status >> kib;
            return kib << 10;
        }
    return 0;
}

int checked(int status) {
    if (status == could_not) WARN("skipped: this process may not set limits, capabilities or filters");
    return status == could_not ? 0 : status;
}

}  // namespace

TEST_CASE("50,000 secrets of 64 bytes live within 8 MiB of lockable memory") {
    for (const bool hidden : {true, false})
        CHECK(checked(in_child([=] {
            if (!lock_at_most(8 << 20)) return could_not;
            secret_options options;
            options.hidden = hidden;
            secret_resource    secrets(options);
            std::vector<void*> all;
            try {
                for (;;) all.push_back(secrets.allocate(64, 16));
            } catch (const protection_unavailable& full) {
                if (full.protection() != secret_protection::locked || full.lock_limit() != 8 << 20) return 1;
                if (full.error_number() == 0) return 2;
            }
            if (all.size() < 100000) return 3;
            if (secrets.usage().locked_bytes > 8 << 20 || secrets.usage().live != all.size()) return 4;
            for (void* one : all) std::memset(one, 1, 64);
            if (!has(secrets.achieved(), secret_protection::locked)) return 5;
            if (locked_now() < secrets.usage().locked_bytes) return 6;  // the kernel says so too
            for (void* one : all) secrets.deallocate(one, 64, 16);
            secrets.deallocate(secrets.allocate(5 << 20), 5 << 20);  // what the slabs had goes to others
            return secrets.usage().live == 0 ? 0 : 7;
        }).exit_status) == 0);
}

TEST_CASE("nothing to lock, no secrets: the error says so, at construction") {
    for (const bool hidden : {true, false})
        CHECK(checked(in_child([=] {
            if (!lock_at_most(0)) return could_not;
            secret_options options;
            options.hidden = hidden;
            try {
                secret_resource secrets(options);
                return 1;
            } catch (const protection_unavailable& error) {
                if (error.protection() != secret_protection::locked || error.lock_limit() != 0) return 2;
                if (error.error_number() != EPERM && error.error_number() != ENOMEM && error.error_number() != EAGAIN) return 3;
                return std::strstr(error.what(), "RLIMIT_MEMLOCK") != nullptr ? 0 : 4;
            }
        }).exit_status) == 0);
}

TEST_CASE("without memfd_secret the next rung serves, says so, and fails who requires more") {
    for (const unsigned error : {ENOSYS, EPERM})
        CHECK(checked(in_child([=] {
            if (!refuse_call(memfd_secret_call, error)) return could_not;
            secret_options options;
            {
                secret_resource secrets(options);
                secrets.deallocate(secrets.allocate(64), 64);
                if (secrets.achieved() != (secret_protection::locked | secret_protection::not_dumped | secret_protection::not_forked)) return 1;
            }
            options.require = secret_protection::all;
            try {
                secret_resource secrets(options);
                return 2;
            } catch (const protection_unavailable& missing) {
                if (missing.protection() != secret_protection::hidden_from_kernel) return 3;
                if (missing.error_number() != static_cast<int>(error)) return 4;
            }
            return 0;
        }).exit_status) == 0);
}

TEST_CASE("without memfd_secret and mlock there is nothing, and never ordinary memory") {
    CHECK(checked(in_child([] {
        secret_resource before;
        if (!refuse_call(memfd_secret_call, ENOSYS) || !refuse_call(SYS_mlock2, EPERM) || !refuse_call(SYS_mlock, EPERM)) return could_not;
        try {
            for (int i = 0; i != 5000; ++i) static_cast<void>(before.allocate(64));  // the first slab is there; the next is not
            return 1;
        } catch (const protection_unavailable& error) {
            if (error.protection() != secret_protection::locked || error.error_number() != EPERM) return 2;
        }
        try {
            secret_resource secrets;
            return 3;
        } catch (const protection_unavailable&) {}
        return 0;
    }).exit_status) == 0);
}

TEST_CASE("what hibernation forbids can be left out") {
    secret_options options;
    options.hidden = false;
    const secret_resource secrets(options);
    CHECK_FALSE(has(secrets.achieved(), secret_protection::hidden_from_kernel));
    options.require = secret_protection::hidden_from_kernel;
    try {
        secret_resource none(options);
        FAIL("it did not throw");
    } catch (const protection_unavailable& error) { CHECK(error.error_number() == ECANCELED); }
}
#else
TEST_CASE("what the system may refuse") { WARN("skipped: this test sets limits of Linux"); }
#endif

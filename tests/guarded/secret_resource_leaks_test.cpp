// Where a secret must not turn up: core files, children, other readers of the process's memory, freed memory. Each search also
// looks for a marker in ordinary memory, which it must find: else it would find nothing anywhere.
#include <autopmr/guarded/secret_resource.hpp>

#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/faults.hpp"
#include "support/sanitized.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#if defined(__linux__)
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace autopmr;
using autopmr_test::counted_faults;
using autopmr_test::in_child;

namespace {

// The words are put together at run time: the program's own file must not hold them.
void write_words(char* to, const char* what) {
    static const char* const half = "-k7Qz-0f3a-";
    std::strcpy(to, what);
    std::strcat(to, half);
    std::strcat(to, what);
}
std::string words(const char* what) {
    char text[64];
    write_words(text, what);
    std::string copy(text);
    return copy;
}

/// Puts nothing together: a child that is forked later would have it on its stack.
bool found(const std::string& all, const std::string& what) {
    for (std::size_t at = 0; (at = all.find("-k7Qz-0f3a-", at)) != std::string::npos; ++at)
        if (at >= what.size() && all.compare(at - what.size(), what.size(), what) == 0 && all.compare(at + 11, what.size(), what) == 0) return true;
    return false;
}

secret_options pooled(bool hidden) { return {.hidden = hidden}; }

bool has_memfd_secret() {
    const secret_resource probe;
    return has(probe.achieved(), secret_protection::hidden_from_kernel);
}

}  // namespace

TEST_CASE("a core file has the marker in ordinary memory, and not the secret") {
    if (under_asan || under_tsan) {
        WARN("skipped: a sanitizer's shadow makes core files of terabytes");
        return;
    }
    namespace fs = std::filesystem;
    const fs::path folder = fs::temp_directory_path() / ("autopmr-core." + std::to_string(::getpid()));
    for (const bool hidden : {true, false}) {
        for (const bool alone : {true, false}) {
            fs::create_directory(folder);
            const pid_t child = ::fork();
            if (child == 0) {
                const rlimit whole{RLIM_INFINITY, RLIM_INFINITY};
                if (::setrlimit(RLIMIT_CORE, &whole) != 0 || ::chdir(folder.c_str()) != 0) ::_exit(3);
                ::signal(SIGABRT, SIG_DFL);
                secret_options options = pooled(hidden);
                options.isolated = alone;
                auto* const secrets = new secret_resource(options);
                write_words(static_cast<char*>(secrets->allocate(64)), "secret");
                auto* const grown = static_cast<char*>(secrets->allocate(64));
                write_words(grown, "freed");
                secrets->deallocate(grown, 64);
                write_words(new char[64], "ordinary");
                ::kill(::getpid(), SIGABRT);
                ::_exit(4);
            }
            int status = 0;
            ::waitpid(child, &status, 0);
            REQUIRE(WIFSIGNALED(status));
            fs::path core;
            for (const auto& file : fs::directory_iterator(folder)) core = file.path();
            if (core.empty()) {
                fs::remove_all(folder);
                WARN("skipped: no core file in the working folder (kernel.core_pattern sends them elsewhere, or ulimit -c forbids)");
                return;
            }
            std::ifstream     in(core, std::ios::binary);
            const std::string all((std::istreambuf_iterator<char>(in)), {});
            CHECK(found(all, "ordinary"));
            CHECK(!found(all, "secret"));
            CHECK(!found(all, "freed"));
            fs::remove_all(folder);
        }
    }
}

TEST_CASE("a forked child finds zeros or nothing, and frees what it has in vain") {
    for (const bool hidden : {true, false})
        for (const bool alone : {false, true}) {
            secret_options options = pooled(hidden);
            options.isolated = alone;
            auto* const     secrets = new secret_resource(options);
            auto* const     p = static_cast<char*>(secrets->allocate(64));
            auto* const     large = static_cast<char*>(secrets->allocate(10000));
            auto* const     marker = new char[64];
            write_words(p, "secret");
            write_words(marker, "ordinary");
            const bool nothing = has(secrets->achieved(), secret_protection::hidden_from_kernel);
            REQUIRE(has(secrets->achieved(), secret_protection::not_forked));

            const auto reads = in_child([=] {
                if (marker != words("ordinary")) return 1;
                for (int i = 0; i != 64; ++i)
                    if (static_cast<volatile char*>(p)[i] != 0) return 2;
                return 0;
            });
            if (nothing && !under_asan && !under_tsan) CHECK(reads.signal == SIGSEGV);
            if (!nothing) CHECK(reads.exit_status == 0);

            const auto frees = in_child([=] {
                counted_faults counted;
                std::vector<std::pair<char*, std::size_t>> made;
                for (int i = 0; i != 300; ++i) {
                    made.emplace_back(static_cast<char*>(secrets->allocate(64)), 64);
                    std::memset(made.back().first, 1, 64);
                    if (made.back().first == p) return 1;
                }
                secrets->deallocate(p, 64);
                secrets->deallocate(large, 10000);
                secrets->deallocate(p, 64);  // not a double free: nothing was freed
                if (counted.count != 0) return 2;
                if (secrets->usage().live != 300) return 3;
                for (const auto& [at, bytes] : made) secrets->deallocate(at, bytes);
                if (!has(secrets->achieved(), secret_protection::locked)) return 4;
                const auto grandchild = in_child([&] {
                    secrets->deallocate(p, 64);
                    secrets->deallocate(secrets->allocate(64), 64);
                    return counted.count == 0 ? 0 : 1;
                });
                if (grandchild.exit_status != 0) return 5;
                delete secrets;
                return counted.count == 0 ? 0 : 6;
            });
            INFO(frees.error);
            CHECK(frees.exit_status == 0);
            CHECK(frees.signal == 0);
            CHECK(p == words("secret"));  // the parent's is as it was
            secrets->deallocate(p, 64);
            secrets->deallocate(large, 10000);
            CHECK(secrets->usage().live == 0);
            delete secrets;
            delete[] marker;
        }
}

TEST_CASE("hidden memory can't be read through /proc/self/mem or process_vm_readv") {
    if (!has_memfd_secret()) {
        WARN("skipped: this kernel has no memfd_secret");
        return;
    }
    secret_resource secrets;
    auto* const     p = static_cast<char*>(secrets.allocate(64));
    auto* const     marker = new char[64];
    write_words(p, "secret");
    write_words(marker, "ordinary");
    const int memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    REQUIRE(memory >= 0);
    char text[64] = {};
    CHECK(::pread(memory, text, 64, static_cast<off_t>(reinterpret_cast<std::uintptr_t>(marker))) == 64);
    CHECK(text == words("ordinary"));
    CHECK(::pread(memory, text, 64, static_cast<off_t>(reinterpret_cast<std::uintptr_t>(p))) < 0);
    ::close(memory);
    const iovec here{text, 64}, there{p, 64}, ordinary{marker, 64};
    CHECK(::process_vm_readv(::getpid(), &here, 1, &ordinary, 1, 0) == 64);
    CHECK(::process_vm_readv(::getpid(), &here, 1, &there, 1, 0) < 0);
    CHECK(text == words("ordinary"));
    secrets.deallocate(p, 64);
    delete[] marker;
}

TEST_CASE("after a secret was freed nothing that the process has mapped holds it") {
    // Anonymous memory, so that /proc/self/mem shows it; the live secret beside it shows that the search finds what is there.
    secret_resource secrets(pooled(false));
    auto* const     live = static_cast<char*>(secrets.allocate(64));
    auto* const     freed = static_cast<char*>(secrets.allocate(64));
    write_words(live, "live");
    write_words(freed, "freed");
    secrets.deallocate(freed, 64);
    const int memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    REQUIRE(memory >= 0);
    std::string slab(64 << 10, '\1');
    const auto  begin = reinterpret_cast<std::uintptr_t>(live) & ~std::uintptr_t{0xFFFF};
    REQUIRE(::pread(memory, slab.data(), slab.size(), static_cast<off_t>(begin)) == static_cast<ssize_t>(slab.size()));
    ::close(memory);
    CHECK(slab.find(words("live")) != std::string::npos);
    CHECK(slab.find(words("freed")) == std::string::npos);
    CHECK(slab.substr(reinterpret_cast<std::uintptr_t>(freed) - begin, 64) == std::string(64, '\0'));
    secrets.deallocate(live, 64);
}
#else
TEST_CASE("where secrets must not turn up") { WARN("skipped: this test reads /proc"); }
#endif

/// What a secret costs: a pair of allocate and free, and how many of 64 bytes fit into the memory that may be locked by default.
///
/// Beside libsodium's sodium_malloc and sodium_free where libsodium-dev is installed. `--count N`: takes secrets of 64 bytes
/// until the limit of N bytes says no, without the privilege to go beyond it, and prints how many were locked.

#include <autopmr/guarded/secret_resource.hpp>

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#if __has_include(<sodium.h>)
#include <sodium.h>
#endif
#if defined(__linux__)
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace {

using namespace autopmr;

void pairs(benchmark::State& state, secret_resource& secrets, std::size_t live, std::size_t bytes) {
    std::vector<void*> held;
    for (std::size_t i = 0; i != live; ++i) held.push_back(secrets.allocate(bytes, 16));
    for (auto _ : state) {
        void* const one = secrets.allocate(bytes, 16);
        *static_cast<volatile char*>(one) = 1;
        secrets.deallocate(one, bytes, 16);
    }
    for (void* one : held) secrets.deallocate(one, bytes, 16);
}

#if __has_include(<sodium.h>)
void sodium_pairs(benchmark::State& state, std::size_t live, std::size_t bytes) {
    std::vector<void*> held;
    for (std::size_t i = 0; i != live; ++i) held.push_back(::sodium_malloc(bytes));
    for (auto _ : state) {
        void* const one = ::sodium_malloc(bytes);
        *static_cast<volatile char*>(one) = 1;
        ::sodium_free(one);
    }
    for (void* one : held) ::sodium_free(one);
}
#endif

int count([[maybe_unused]] std::size_t limit) {
#if defined(__linux__)
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct   none[2] = {};
    const rlimit             most{limit, limit};
    if (::setrlimit(RLIMIT_MEMLOCK, &most) != 0 || ::syscall(SYS_capset, &header, none) != 0) return 1;
    std::size_t n = 0;
    secret_resource secrets;
    try {
        for (;; ++n) static_cast<void>(secrets.allocate(64, 16));
    } catch (const protection_unavailable&) {}
    std::printf("%zu secrets of 64 bytes in %zu bytes of lockable memory, %zu bytes locked\n", n, limit, secrets.usage().locked_bytes);
    return 0;
#else
    return 1;
#endif
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 3 && std::string_view(argv[1]) == "--count") return count(std::strtoull(argv[2], nullptr, 10));
    secret_options no_memfd, alone;
    no_memfd.hidden = false;
    alone.isolated = true;
    static secret_resource pooled, locked(no_memfd), isolated(alone);
    for (const std::size_t bytes : {std::size_t{64}, std::size_t{1024}}) {
        const std::string group = "guards_secret/pair of " + std::to_string(bytes) + " B, 100 live/";
        const auto        add = [&](const char* name, secret_resource& secrets) {
            benchmark::RegisterBenchmark((group + name).c_str(), [&secrets, bytes](benchmark::State& state) { pairs(state, secrets, 100, bytes); });
        };
        add("secret", pooled);
        add("secret, locked only", locked);
        add("secret, isolated", isolated);
#if __has_include(<sodium.h>)
        if (::sodium_init() < 0) return 1;
        benchmark::RegisterBenchmark((group + "libsodium").c_str(), [bytes](benchmark::State& state) { sodium_pairs(state, 100, bytes); });
#else
        std::fprintf(stderr, "bench.guards_secret: libsodium is missing: libsodium-dev is not installed\n");
#endif
    }
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}

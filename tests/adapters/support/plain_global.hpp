#pragma once
/// \file
/// A plain_heap behind plain functions, for libraries that take their hooks once a process: a child installs these instead of ours.

#include <cstddef>
#include <mutex>
#include <vector>

#include <sys/mman.h>

#include "tests/adapters/support/each_failure.hpp"
#include "tests/adapters/support/plain_heap.hpp"
#include "tests/support/catch.hpp"

namespace autopmr_test {

struct plain_global {
    static inline plain_heap heap;
    static inline std::mutex lock;

    static void* malloc(std::size_t bytes) {
        const std::lock_guard alone(lock);
        return heap.malloc(bytes);
    }
    static void* calloc(std::size_t count, std::size_t bytes) {
        const std::lock_guard alone(lock);
        return heap.calloc(count, bytes);
    }
    static void* realloc(void* block, std::size_t bytes) {
        const std::lock_guard alone(lock);
        return heap.realloc(block, bytes);
    }
    static char* strdup(const char* text) {
        const std::size_t bytes = std::strlen(text) + 1;
        void* const       copy = malloc(bytes);
        return copy != nullptr ? static_cast<char*>(std::memcpy(copy, text, bytes)) : nullptr;
    }
    static void free(void* block) {
        const std::lock_guard alone(lock);
        heap.free(block);
    }
};

/// What `load` asks of plain malloc after `install` has put plain_global under the library, each in a child: the traffic of the
/// load, and the n at which a refusal ends the process. To be called before the library is used in this one.
struct plain_traffic {
    std::size_t              allocations = 0, bytes = 0;
    std::vector<std::size_t> deadly;

    template <class Install, class Load>
    plain_traffic(Install&& install, Load&& load, std::size_t most = 2000) {
        void* const shared = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        REQUIRE(shared != MAP_FAILED);
        auto* const seen = static_cast<std::size_t*>(shared);
        const auto  run = [&](std::size_t refuse) {
            return in_child([&] {
                install();
                load();  // what it makes once, it has made
                const std::size_t count = plain_global::heap.allocations, bytes_before = plain_global::heap.bytes;
                plain_global::heap.until_refusal = refuse;
                load();
                seen[0] = plain_global::heap.allocations - count;
                seen[1] = plain_global::heap.bytes - bytes_before;
                return 0;
            });
        };
        REQUIRE(run(0).exit_status == 0);
        allocations = seen[0], bytes = seen[1];
        for (std::size_t n = 1; n <= std::min(allocations, most); ++n)
            if (run(n).exit_status != 0) deadly.push_back(n);
        ::munmap(shared, 4096);
    }
    /// The load over `at`, which the library has by now: it asks for the same, with a header of 16 bytes each, and whatever is
    /// refused, the books stay right.
    template <class Load>
    failures keeps_books(traffic& at, Load&& load) const {
        REQUIRE(load() == outcome::served);
        const auto before = at.now();
        REQUIRE(load() == outcome::served);
        CHECK(at.now().allocations - before.allocations == allocations);
        CHECK(at.now().bytes - before.bytes == bytes + 16 * allocations);
        return each_failure(at, [&](traffic&) { return load(); },
                            [&](std::size_t n) { return std::find(deadly.begin(), deadly.end(), n) != deadly.end(); }, false, 2000, before.live);
    }
};

}  // namespace autopmr_test

#pragma once
/// \file
/// each_failure for libraries that can't begin again in one process, or crash: every round is a process of its own.

#include "tests/adapters/support/each_failure.hpp"
#include "tests/support/child.hpp"

#include <sys/mman.h>

#include <cstddef>
#include <cstring>
#include <new>
#include <vector>

namespace autopmr_test {

/// A library's own hooks over plain malloc, the n-th of which fails: what is the library's fault shows here too. What counts as an
/// allocation is the same as over a c_heap.
struct refusing_malloc {
    static inline std::size_t until = 0;
    static inline bool        all_after = false;
    static inline std::size_t live = 0, allocations = 0, bytes = 0;

    static void* malloc(std::size_t wanted) noexcept {
        if (until == 1) return until = all_after ? 1 : 0, nullptr;
        if (until > 1) --until;
        auto* const block = static_cast<std::size_t*>(std::malloc(wanted + 16));
        if (block == nullptr) return nullptr;
        ++live, ++allocations, bytes += wanted;
        *block = wanted;
        return block + 2;
    }
    static void free(void* block) noexcept {
        if (block != nullptr) --live, std::free(static_cast<std::size_t*>(block) - 2);
    }
    static void* realloc(void* block, std::size_t wanted) noexcept {
        if (block == nullptr) return malloc(wanted);
        const std::size_t old = static_cast<std::size_t*>(block)[-2];
        if (wanted <= old && wanted >= old / 2) return block;
        void* const moved = malloc(wanted);
        if (moved == nullptr) return wanted <= old ? block : nullptr;
        std::memcpy(moved, block, wanted < old ? wanted : old);
        free(block);
        return moved;
    }
    static char* strdup(const char* text) noexcept {
        void* const copy = malloc(std::strlen(text) + 1);
        return copy != nullptr ? static_cast<char*>(std::memcpy(copy, text, std::strlen(text) + 1)) : nullptr;
    }
};

struct failures_apart : failures {
    std::vector<std::size_t> crashes, leaks;  ///< the n at which the library does that, and does the same over plain malloc
};

/// `work()` -> outcome does the same each time, and cleans up all of it: over a traffic that `Heap`, a static_heap, gives the
/// library, and over refusing_malloc, which `hook_malloc()` does. A crash or a block left over is the library's only where it does
/// the same by itself.
template <class Heap, class HookMalloc, class Work>
failures_apart each_failure_apart(HookMalloc&& hook_malloc, Work&& work, bool and_all_after = false, std::size_t most = 2000) {
    struct page {
        traffic::books books;
        outcome        got;
        bool           finished;
    };
    void* const shared = mmap(nullptr, sizeof(page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(shared != MAP_FAILED);
    page* const told = new (shared) page{};
    const auto  round = [&](std::size_t n) {
        *told = {};
        return in_child([&] {
            traffic& at = autopmr::make_immortal<traffic>();
            at.refuse(n, and_all_after);
            if (!Heap::install(at, "a round")) throw "not installed";
            const outcome got = work();
            at.refuse(0);
            *told = {at.now(), got, true};
            return 0;
        });
    };
    const auto alone = [&](std::size_t n) {
        *told = {};
        return in_child([&] {
            refusing_malloc::until = n;
            refusing_malloc::all_after = and_all_after;
            hook_malloc();
            const outcome got = work();
            *told = {{}, got, true};
            told->books.allocations = refusing_malloc::allocations;
            told->books.bytes = refusing_malloc::bytes;
            told->books.live = refusing_malloc::live;
            return 0;
        });
    };
    failures_apart all;
    const child_end undisturbed = round(0);
    INFO(undisturbed.error);
    REQUIRE(told->finished);
    REQUIRE(told->got == outcome::served);
    REQUIRE(told->books.live == 0);
    REQUIRE(told->books.complaints == 0);
    all.traffic = told->books.allocations;
    const std::size_t bytes = told->books.bytes;
    alone(0);
    REQUIRE(told->books.allocations == all.traffic);
    REQUIRE(told->books.bytes + 16 * all.traffic == bytes);
    for (std::size_t n = 1; n <= std::min(all.traffic, most); ++n) {
        INFO("allocation " << n << " of " << all.traffic << " refused");
        const child_end end = round(n);
        const page      ours = *told;
        if (!ours.finished || ours.books.live != 0) {
            const child_end by_itself = alone(n);
            INFO(end.error << "\nby itself: " << by_itself.error);
            REQUIRE(told->finished == ours.finished);
            REQUIRE(told->books.live == ours.books.live);
            (ours.finished ? all.leaks : all.crashes).push_back(n);
            if (!ours.finished) continue;
        }
        REQUIRE(ours.books.refusals > 0);
        REQUIRE(ours.books.complaints == 0);
        ++all.rounds;
        if (ours.got == outcome::out_of_memory) ++all.errors;
    }
    munmap(shared, sizeof(page));
    return all;
}

}  // namespace autopmr_test

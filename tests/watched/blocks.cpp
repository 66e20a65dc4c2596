// Hands out blocks of one resource, rightly or wrongly: `blocks RESOURCE HOW`. Exit status 77 where it can't serve here.
#include <autopmr/backends/jemalloc_arena.hpp>
#include <autopmr/backends/mimalloc_heap.hpp>
#include <autopmr/pools/concurrent_pool_resource.hpp>
#include <autopmr/pools/fixed_heap_resource.hpp>
#include <autopmr/pools/huge_page_resource.hpp>
#include <autopmr/pools/mapped_resource.hpp>
#include <autopmr/pools/pool_resource.hpp>
#include <autopmr/selector.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <string_view>
#include <type_traits>
#include <vector>

namespace {

constexpr std::size_t block_bytes = 408;

char touch(const char* at) { return *static_cast<const volatile char*>(at); }

/// heaptrack's report is searched for this name.
[[gnu::noinline]] char* hand_out(std::pmr::memory_resource& from, std::size_t bytes, std::size_t alignment = 16) {
    auto* const block = static_cast<char*>(from.allocate(bytes, alignment));
    std::memset(block, 1, bytes);
    return block;
}

/// As many as heaptrack is to count: 100 blocks, of which `kept` stay.
[[gnu::noinline]] void hundred(std::pmr::memory_resource& from, std::size_t kept) {
    char* blocks[100];
    for (char*& block : blocks) block = hand_out(from, block_bytes, &block == blocks ? 64 : 16);
    for (std::size_t i = 0; i + kept != std::size(blocks); ++i) from.deallocate(blocks[i], block_bytes, i == 0 ? 64 : 16);
    std::memset(blocks, 0, sizeof blocks);  // nothing on the stack leads to what is kept
    __asm__ volatile("" : : "r"(blocks) : "memory");
}

/// All that one may do: Valgrind says nothing.
void rightly(std::pmr::memory_resource& from) {
    for (int round = 0; round != 3; ++round) {
        std::vector<char*> blocks;
        for (std::size_t bytes = 1; bytes < 5000; bytes += 31) blocks.push_back(hand_out(from, bytes, bytes % 2 == 0 ? 8 : 256));
        std::size_t bytes = 1;
        for (char* block : blocks) {
            if (block[bytes - 1] != 1) std::abort();
            from.deallocate(block, bytes, bytes % 2 == 0 ? 8 : 256);
            bytes += 31;
        }
    }
}

int go(std::pmr::memory_resource& from, std::string_view how) {
    if (how == "rightly") return rightly(from), 0;
    if (how == "kept" || how == "dropped") {
        from.deallocate(from.allocate(block_bytes), block_bytes);  // a pool takes what it is itself at the first
        return hundred(from, how == "kept" ? 3 : 100), 0;
    }
    char* const block = hand_out(from, block_bytes);
    char        wrong = 0;
    if (how == "after_deallocate") from.deallocate(block, block_bytes, 16), wrong = touch(block + 100);
    else if (how == "unset") wrong = touch(static_cast<char*>(from.allocate(block_bytes)) + 200) == 7 ? 1 : 2;
    else return std::fprintf(stderr, "blocks: how?\n"), 1;
    std::printf("nobody watched: %d\n", wrong);
    return 0;
}

int skip(std::string_view why) { return std::printf("skipped: %.*s\n", static_cast<int>(why.size()), why.data()), 77; }

alignas(16) char buffer[1 << 20];

/// One that is there to the end, but where its end is what it is about.
template <class Resource>
int with(std::string_view how) {
    const auto make = [] {
        if constexpr (std::is_same_v<Resource, autopmr::fixed_heap_resource>) return new Resource(buffer, sizeof buffer);
        else return new Resource;
    };
    auto* const        one = make();
    static auto* volatile known_of = one;  // for who looks for leaks
    (void)known_of;
    if constexpr (requires { one->why_not(); }) {
        if (!one->why_not().empty()) return skip(one->why_not());
    }
    const int status = go(*one, how);
    if (how == "dropped") {
        delete one;
        auto* const next = make();  // of the same memory
        rightly(*next);
        delete next;
    }
    return status;
}

}  // namespace

int main(int count, char** arguments) {
    const std::string_view what = count == 3 ? arguments[1] : "", how = count == 3 ? arguments[2] : "";
    if (what == "pool") return with<autopmr::pool_resource>(how);
    if (what == "concurrent_pool") return with<autopmr::concurrent_pool_resource>(how);
    if (what == "mapped") return with<autopmr::mapped_resource>(how);
    if (what == "huge_page") return with<autopmr::huge_page_resource>(how);
    if (what == "mimalloc_heap") return with<autopmr::mimalloc_heap_resource>(how);
    if (what == "jemalloc_arena") return with<autopmr::jemalloc_arena_resource>(how);
    if (what == "fixed_heap") return with<autopmr::fixed_heap_resource>(how);
    const autopmr::backend* const backend = autopmr::find_backend(what);
    if (backend == nullptr) return std::fprintf(stderr, "blocks: of what?\n"), 1;
    if (const std::string_view why_not = backend->why_not(); !why_not.empty()) return skip(why_not);
    return go(backend->resource(), how);
}

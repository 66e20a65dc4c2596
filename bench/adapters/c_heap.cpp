/// The generic heaps of bridges, for callgrind: N pairs of mixed sizes and nothing else.
///     bench.c_heap --count WAY BACKEND N      WAY: malloc, resource, c_heap, sized_c_heap, static_heap

#include "beside.hpp"

#include <autopmr/adapters/c_heap.hpp>
#include <autopmr/adapters/sized_c_heap.hpp>
#include <autopmr/adapters/static_heap.hpp>
#include <autopmr/autopmr.hpp>

namespace {

struct bench_tag {};
using bench_heap = autopmr::static_heap<bench_tag>;

template <class Take, class Give>
int pairs(std::size_t n, Take take, Give give) {
    for (std::size_t i = 0; i != n; ++i) {
        void* volatile block = take(bench::pair_sizes[i % 16]);  // or the compiler sees that nobody needs it
        give(block, bench::pair_sizes[i % 16]);
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const autopmr::backend* const under = argc == 5 ? autopmr::find_backend(argv[3]) : nullptr;
    if (under == nullptr || !under->why_not().empty()) return std::cerr << "bench.c_heap --count WAY BACKEND N\n", 2;
    const std::string                way = argv[2];
    const auto                       n = static_cast<std::size_t>(std::strtoull(argv[4], nullptr, 10));
    std::pmr::memory_resource* const over = &under->resource();
    autopmr::c_heap                  plain(over);
    autopmr::sized_c_heap            sized(over);
    if (way == "malloc") return pairs(n, std::malloc, [](void* block, std::size_t) { std::free(block); });
    if (way == "resource") return pairs(n, [=](std::size_t bytes) { return over->allocate(bytes); }, [=](void* block, std::size_t bytes) { over->deallocate(block, bytes); });
    if (way == "c_heap") return pairs(n, [&](std::size_t bytes) { return plain.malloc(bytes); }, [&](void* block, std::size_t) { plain.free(block); });
    if (way == "sized_c_heap") return pairs(n, [&](std::size_t bytes) { return sized.malloc(bytes); }, [&](void* block, std::size_t bytes) { sized.free(block, bytes); });
    if (way != "static_heap" || !bench_heap::install(*over, "bench", autopmr::assume_any_thread)) return 2;
    return pairs(n, bench_heap::malloc, [](void* block, std::size_t) { bench_heap::free(block); });
}

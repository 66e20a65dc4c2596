/// A backend's resource against the library's own functions, and against a wrapper written by hand that makes the direct
/// call, one branch on the alignment and one null check.
///
/// `--count WAY BACKEND N` does N pairs and nothing else: run under callgrind with two values of N, the difference is the
/// instructions of the pairs alone (bench/instructions does that).

#include "subjects.hpp"

#include <autopmr/backend.hpp>
#include <autopmr/selector.hpp>

#include <benchmark/benchmark.h>
#include <dlfcn.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory_resource>
#include <new>
#include <optional>
#include <string>
#include <vector>

namespace {

/// The functions of a library as it offers them. The module is loaded already: its backend said that it can serve.
struct direct {
    void* (*allocate)(std::size_t) = nullptr;
    void* (*aligned)(std::size_t, std::size_t) = nullptr;
    void (*release)(void*) = nullptr;
};

struct library {
    const char *backend, *file, *allocate, *release;
};
constexpr library libraries[] = {{"system", nullptr, "malloc", "free"},
                                 {"mimalloc", "libmimalloc.so.2", "mi_malloc", "mi_free"},
                                 {"jemalloc", "libautopmr-jemalloc.so", "autopmr_jemalloc_malloc", "autopmr_jemalloc_free"},
                                 {"scudo", "libautopmr-scudo.so", "autopmr_scudo_malloc", "autopmr_scudo_free"},
                                 {"tcmalloc", "libtcmalloc_minimal.so.4", "tc_malloc", "tc_free"},
                                 {"tbb", "libtbbmalloc.so.2", "scalable_malloc", "scalable_free"}};

void* refuse(std::size_t, std::size_t) { return nullptr; }

std::optional<direct> functions_of(std::string_view backend) {
    for (const library& l : libraries) {
        if (backend != l.backend) continue;
        void* module = l.file != nullptr ? ::dlopen(l.file, RTLD_NOW | RTLD_NOLOAD) : RTLD_DEFAULT;
        if (l.file != nullptr && module == nullptr) return std::nullopt;
        direct d;
        d.allocate = reinterpret_cast<void* (*)(std::size_t)>(::dlsym(module, l.allocate));
        d.release = reinterpret_cast<void (*)(void*)>(::dlsym(module, l.release));
        d.aligned = refuse;  // never called here: all requests are of ordinary alignment
        if (d.allocate != nullptr && d.release != nullptr) return d;
    }
    return std::nullopt;
}

class hand_written final : public std::pmr::memory_resource {
public:
    explicit hand_written(direct d) : d_(d) {}

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        void* p = alignment <= alignof(std::max_align_t) ? d_.allocate(bytes) : d_.aligned(bytes, alignment);
        if (p == nullptr) throw std::bad_alloc();
        return p;
    }
    void do_deallocate(void* p, std::size_t, std::size_t) override { d_.release(p); }
    bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
    direct d_;
};

constexpr std::size_t sizes[16] = {64, 24, 256, 40, 96, 16, 512, 128, 48, 1000, 32, 200, 72, 64, 400, 88};

void pairs(direct d, std::size_t n) {
    for (std::size_t i = 0; i != n; ++i) {
        void* p = d.allocate(sizes[i % 16]);
        benchmark::DoNotOptimize(p);
        d.release(p);
    }
}

void pairs(std::pmr::memory_resource* r, std::size_t n) {
    for (std::size_t i = 0; i != n; ++i) {
        void* p = r->allocate(sizes[i % 16], 8);
        benchmark::DoNotOptimize(p);
        r->deallocate(p, sizes[i % 16], 8);
    }
}

int count(const std::string& way, const char* name, std::size_t n) {
    const autopmr::backend* b = autopmr::find_backend(name);
    if (b == nullptr || !b->why_not().empty()) return 2;
    const std::optional<direct> d = functions_of(name);
    std::pmr::memory_resource*  r = &b->resource();
    if (way != "resource" && !d) return 2;
    if (way == "direct") return pairs(*d, n), 0;
    hand_written by_hand(d.value_or(direct{}));
    if (way == "hand-written") r = &by_hand;
    benchmark::DoNotOptimize(r);
    pairs(r, n);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 5 && std::strcmp(argv[1], "--count") == 0) return count(argv[2], argv[3], std::strtoull(argv[4], nullptr, 10));
    for (const autopmr::backend& b : autopmr::backends()) {
        if (!b.why_not().empty()) continue;
        const std::string name(b.name);
        constexpr std::size_t n = 4096;
        if (const std::optional<direct> d = functions_of(name)) {
            benchmark::RegisterBenchmark(("wrapper/" + name + "/direct call").c_str(), [d](benchmark::State& state) {
                for (auto _ : state) pairs(*d, n);
            });
            auto* by_hand = new hand_written(*d);
            benchmark::RegisterBenchmark(("wrapper/" + name + "/wrapper by hand").c_str(), [by_hand](benchmark::State& state) {
                for (auto _ : state) pairs(by_hand, n);
            });
        }
        benchmark::RegisterBenchmark(("wrapper/" + name + "/resource").c_str(), [r = &b.resource()](benchmark::State& state) {
            for (auto _ : state) pairs(r, n);
        });
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
}

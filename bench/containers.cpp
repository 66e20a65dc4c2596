/// Containers on every resource against the plain std:: containers, one thread: build, use, drop.
/// The ratios in RESULTS.md are to `std::` containers on the C++ library's new and delete, in the same run.

#include "subjects.hpp"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory_resource>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

/// The same containers with and without polymorphic allocators, so that one body serves both.
struct plain {
    explicit plain(std::pmr::memory_resource*) {}
    template <class K, class V> using map = std::map<K, V>;
    template <class K, class V> using unordered_map = std::unordered_map<K, V>;
    template <class T> using list = std::list<T>;
    template <class T> using deque = std::deque<T>;
    template <class T> using vector = std::vector<T>;
    using string = std::string;
    template <class C> C make() const { return C{}; }
};

struct pmr {
    explicit pmr(std::pmr::memory_resource* r) : resource(r) {}
    template <class K, class V> using map = std::pmr::map<K, V>;
    template <class K, class V> using unordered_map = std::pmr::unordered_map<K, V>;
    template <class T> using list = std::pmr::list<T>;
    template <class T> using deque = std::pmr::deque<T>;
    template <class T> using vector = std::pmr::vector<T>;
    using string = std::pmr::string;
    template <class C> C make() const { return C{resource}; }
    std::pmr::memory_resource* resource;
};

std::uint32_t next(std::uint32_t& seed) { return seed = seed * 1664525u + 1013904223u; }

template <class Kind>
void hash_map(const Kind& kind) {
    auto          c = kind.template make<typename Kind::template unordered_map<std::uint32_t, std::uint64_t>>();
    std::uint32_t seed = 1;
    for (int i = 0; i != 20000; ++i) c[next(seed) & 0xffff] += 1;
    seed = 1;
    for (int i = 0; i != 10000; ++i) c.erase(next(seed) & 0xffff);
    benchmark::DoNotOptimize(c.size());
}

template <class Kind>
void tree_map(const Kind& kind) {
    auto          c = kind.template make<typename Kind::template map<std::uint32_t, std::uint64_t>>();
    std::uint32_t seed = 1;
    for (int i = 0; i != 10000; ++i) c[next(seed) & 0xffff] += 1;
    seed = 1;
    for (int i = 0; i != 5000; ++i) c.erase(next(seed) & 0xffff);
    benchmark::DoNotOptimize(c.size());
}

template <class Kind>
void lists(const Kind& kind) {
    auto c = kind.template make<typename Kind::template list<std::uint64_t>>();
    for (std::uint64_t i = 0; i != 20000; ++i) {
        c.push_back(i);
        if (i % 3 == 0) c.pop_front();
    }
    benchmark::DoNotOptimize(c.size());
}

template <class Kind>
void strings(const Kind& kind) {
    auto          c = kind.template make<typename Kind::template vector<typename Kind::string>>();
    std::uint32_t seed = 1;
    for (int i = 0; i != 5000; ++i) {
        auto s = kind.template make<typename Kind::string>();
        s.append(16 + next(seed) % 120, 'x');
        c.push_back(std::move(s));
        if (i % 4 == 3) c[next(seed) % c.size()].append(40, 'y');
    }
    benchmark::DoNotOptimize(c.data());
}

template <class Kind>
void vectors(const Kind& kind) {
    std::uint32_t seed = 1;
    for (int i = 0; i != 400; ++i) {
        auto c = kind.template make<typename Kind::template vector<std::uint64_t>>();
        for (std::uint32_t n = next(seed) % 400; n != 0; --n) c.push_back(n);
        benchmark::DoNotOptimize(c.data());
    }
}

template <class Kind>
void deques(const Kind& kind) {
    auto c = kind.template make<typename Kind::template deque<std::uint64_t>>();
    for (std::uint64_t i = 0; i != 40000; ++i) {
        c.push_back(i);
        if (i % 2 != 0) c.pop_front();
    }
    benchmark::DoNotOptimize(c.size());
}

template <class Kind>
struct node {
    explicit node(const Kind& kind)
        : name(kind.template make<typename Kind::string>()), children(kind.template make<typename Kind::template list<node>>()) {}
    typename Kind::string                       name;
    typename Kind::template list<node>          children;
};

template <class Kind>
void grow(node<Kind>& at, const Kind& kind, int depth) {
    at.name.append(20, 'n');
    for (int i = 0; depth != 0 && i != 5; ++i) grow(at.children.emplace_back(kind), kind, depth - 1);
}

template <class Kind>
void document(const Kind& kind) {
    node<Kind> root(kind);
    grow(root, kind, 5);
    benchmark::DoNotOptimize(root.children.size());
}

template <class Kind>
void add(const std::string& subject, std::pmr::memory_resource* resource) {
    struct load {
        const char* name;
        void (*run)(const Kind&);
    };
    static constexpr load loads[] = {{"unordered_map", hash_map<Kind>}, {"map", tree_map<Kind>}, {"list", lists<Kind>},
                                     {"string", strings<Kind>},         {"vector", vectors<Kind>}, {"deque", deques<Kind>},
                                     {"document", document<Kind>}};
    for (const load& l : loads) {
        auto run = l.run;
        benchmark::RegisterBenchmark(("containers/" + std::string(l.name) + "/" + subject).c_str(),
                                     [run, resource](benchmark::State& state) {
                                         const Kind kind(resource);
                                         for (auto _ : state) run(kind);
                                     });
    }
}

}  // namespace

int main(int argc, char** argv) {
    add<plain>("std:: containers", nullptr);
    for (const bench::subject& s : bench::subjects()) add<pmr>(s.name, s.resource);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
}

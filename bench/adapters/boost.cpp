/// Boost.JSON on its default and on ours: the languages of the world (package iso-codes), parsed and dropped.
///     bench.boost [--benchmark_out=FILE] [--rounds=N]
///     bench.boost --count WAY N      for callgrind: N pairs through boost or std over boost, at the bottom mimalloc

#include "beside.hpp"

#include <autopmr/adapters/boost_json.hpp>
#include <autopmr/autopmr.hpp>

#include <boost/json.hpp>

#include <cstring>

namespace {

constexpr int times = 40;

template <class Storage>
bool parse(const std::string& text, Storage&& storage) {
    return boost::json::parse(text, storage).at("639-3").as_array().size() > 1000;
}

bool on(const std::string& text, autopmr::boost_resource<>* storage) {
    bool good = true;
    for (int i = 0; i != times; ++i) good = (storage != nullptr ? parse(text, storage) : parse(text, boost::json::storage_ptr())) && good;
    return good;
}

bool on_arena(const std::string& text) {
    autopmr::arena_resource arena(autopmr::arena_options{1 << 20, 1 << 24});
    autopmr::boost_resource storage(&arena);
    bool                    good = true;
    for (int i = 0; i != times; ++i, arena.reset()) good = parse(text, &storage) && good;
    return good;
}

template <class Resource>
int pairs(Resource& over, std::size_t n) {
    Resource* volatile through = &over;  // or the compiler sees which it is, and calls no virtual function
    for (std::size_t i = 0; i != n; ++i) {
        Resource* const on = through;
        on->deallocate(on->allocate(bench::pair_sizes[i % 16]), bench::pair_sizes[i % 16]);
    }
    return 0;
}

int count(const std::string& way, std::size_t n) {
    std::pmr::memory_resource& bottom = autopmr::mimalloc_backend.resource();
    if (!autopmr::mimalloc_backend.why_not().empty()) return 2;
    using boosts = boost::container::pmr::memory_resource;
    autopmr::boost_resource<> boost(&bottom);
    autopmr::std_resource     std_over_boost(&boost);
    if (way == "boost") return pairs<boosts>(boost, n);
    if (way == "std over boost") return pairs<std::pmr::memory_resource>(std_over_boost, n);
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 4 && std::strcmp(argv[1], "--count") == 0) return count(argv[2], std::strtoull(argv[3], nullptr, 10));
    const std::string text = bench::file_text("/usr/share/iso-codes/json/iso_639-3.json");
    if (text.empty()) std::cerr << "bench.boost: no iso_639-3.json is here (Debian: iso-codes)\n";
    enum class kind { own, chosen, system, arena } on_what = kind::own;
    const auto as = [&](kind k) { return [&on_what, k] { return on_what = k, autopmr::install_default(), true; }; };
    const auto run = [&] {
        if (on_what == kind::arena) return on_arena(text);
        if (on_what == kind::own) return on(text, nullptr);
        autopmr::boost_resource<> storage(on_what == kind::chosen ? &autopmr::default_decision().resource() : &autopmr::system_backend.resource());
        return on(text, &storage);
    };
    return bench::beside(argc, argv, {{"its own", as(kind::own)}, {"chosen default", as(kind::chosen)}, {"system", as(kind::system)}, {"an arena", as(kind::arena)}},
                         text.empty() ? std::vector<bench::load>{} : std::vector<bench::load>{{"Boost.JSON, iso_639-3.json", run}});
}

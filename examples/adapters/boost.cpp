// The languages of the world (package iso-codes), parsed by Boost.JSON: with its default, and with everything in one arena.
#include <autopmr/adapters/boost_json.hpp>
#include <autopmr/autopmr.hpp>

#include <boost/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

template <class Parse>
double best_milliseconds(Parse&& parse) {
    double best = 1e9;
    for (int round = 0; round < 30; ++round) {
        const auto start = std::chrono::steady_clock::now();
        parse();
        best = std::min(best, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    }
    return best;
}

int main() {
    std::ifstream     file("/usr/share/iso-codes/json/iso_639-3.json");
    const std::string text(std::istreambuf_iterator<char>(file), {});
    if (text.empty()) return std::puts("skipped: the package iso-codes is not here"), 77;

    std::size_t by_default = 0, in_arena = 0;
    // [boost]
    autopmr::arena_resource arena(autopmr::arena_options{1 << 20, 1 << 24});
    autopmr::boost_resource storage(&arena);  // std::pmr -> boost::container::pmr
    autopmr::std_resource   back(&storage);   // the other way round
    // [/boost]
    std::pmr::string name("a text that is too long to stay inside of the string itself", &back);
    const double            with_default = best_milliseconds([&] { by_default = boost::json::parse(text).at("639-3").as_array().size(); });
    const double            with_arena = best_milliseconds([&] {
        in_arena = boost::json::parse(text, &storage).at("639-3").as_array().size();
        arena.reset();
    });
    std::printf("%zu languages: %.2f ms by default, %.2f ms in an arena, %.2f times as fast\n", in_arena, with_default, with_arena,
                with_default / with_arena);
    return by_default == in_arena && in_arena != 0 ? 0 : 1;
}

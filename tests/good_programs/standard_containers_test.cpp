/// All containers of std::pmr, under each guard.
#include "guards.hpp"
#include "histories.hpp"

#include <deque>
#include <forward_list>
#include <functional>
#include <list>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

using namespace good_programs;

namespace {

using text = std::pmr::string;

template <class Container>
void sequence() {
    under_each_guard([](resource& guard) {
        for (unsigned seed = 0; seed != 4; ++seed) sequence_history(Container(&guard), seed);
    });
}
template <class Model, class Container>
void keyed() {
    under_each_guard([](resource& guard) {
        for (unsigned seed = 0; seed != 4; ++seed) keyed_history<Model>(Container(&guard), seed);
    });
}

}  // namespace

TEST_CASE("vector") {
    sequence<std::pmr::vector<int>>();
    sequence<std::pmr::vector<char>>();
    sequence<std::pmr::vector<bool>>();
    sequence<std::pmr::vector<text>>();
}
TEST_CASE("deque") {
    sequence<std::pmr::deque<short>>();
    sequence<std::pmr::deque<text>>();
}
TEST_CASE("list") {
    sequence<std::pmr::list<double>>();
    sequence<std::pmr::list<text>>();
}
TEST_CASE("forward_list") {
    sequence<std::pmr::forward_list<long>>();
    sequence<std::pmr::forward_list<text>>();
}
TEST_CASE("strings") {
    sequence<std::pmr::string>();
    sequence<std::pmr::u16string>();
    sequence<std::pmr::wstring>();
}
TEST_CASE("set and multiset") {
    keyed<std::set<int>, std::pmr::set<int>>();
    keyed<std::multiset<std::string>, std::pmr::multiset<text>>();
}
TEST_CASE("map and multimap") {
    keyed<std::map<int, std::string>, std::pmr::map<int, text>>();
    keyed<std::map<std::string, int>, std::pmr::map<text, int>>();
    keyed<std::multimap<int, int>, std::pmr::multimap<int, int>>();
}
TEST_CASE("unordered_set and unordered_multiset") {
    keyed<std::set<int>, std::pmr::unordered_set<int>>();
    keyed<std::multiset<std::string>, std::pmr::unordered_multiset<text>>();
}
TEST_CASE("unordered_map and unordered_multimap") {
    keyed<std::map<int, std::string>, std::pmr::unordered_map<int, text>>();
    keyed<std::multimap<std::string, int>, std::pmr::unordered_multimap<text, int>>();
}
TEST_CASE("what a match of a regular expression holds") {
    under_each_guard([](resource& guard) {
        const std::pmr::string line("Package: libfoo (>= 1.2.3), libbar | libbaz", &guard);
        std::pmr::smatch       found(&guard);
        REQUIRE(std::regex_search(line, found, std::regex("(\\w+): (\\w+) \\((>=) ([0-9.]+)\\)")));
        CHECK(found[4].str() == "1.2.3");
    });
}
TEST_CASE("containers of containers, and nodes that move between them") {
    under_each_guard([](resource& guard) {
        std::pmr::map<int, std::pmr::vector<std::pmr::list<text>>> nested(&guard), more(&guard);
        for (int i = 0; i != 100; ++i) nested[i % 17].emplace_back().emplace_back(static_cast<std::size_t>(i), 'x');
        more.insert(nested.extract(3));
        more.merge(nested);
        CHECK(more.size() == 17);
        CHECK(more[3].size() == 6);
        std::pmr::list<text> from(&guard), to(&guard);
        for (int i = 0; i != 20; ++i) from.emplace_back(static_cast<std::size_t>(i * 3), 'y');
        to.splice(to.end(), from, std::next(from.begin(), 5), from.end());
        to.reverse();
        CHECK(to.front().size() == 57);
    });
}
TEST_CASE("the standard's own pools and buffers over a guard") {
    under_each_guard([](resource& guard) {
        std::pmr::unsynchronized_pool_resource pool(&guard);
        std::pmr::monotonic_buffer_resource    arena(&guard);
        sequence_history(std::pmr::vector<text>(&pool), 1);
        keyed_history<std::map<int, std::string>>(std::pmr::map<int, text>(&arena), 1);
    });
}

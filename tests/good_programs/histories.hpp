#pragma once
/// \file
/// Random histories of containers, each step also done to a standard container without a guard, which is the model.

#include "support/catch.hpp"

#include <algorithm>
#include <cstddef>
#include <random>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace good_programs {

/// Numbers for numbers; for strings texts of which most are too long to do without memory.
template <class Value>
Value value_of(unsigned number) {
    if constexpr (std::is_constructible_v<Value, std::size_t, char>) {
        return Value(number % 61, static_cast<char>('a' + number % 26));
    } else {
        return static_cast<Value>(number);
    }
}
inline const std::string& plain(const std::string& text) { return text; }
template <class Value>
auto plain(const Value& value) {
    if constexpr (std::is_arithmetic_v<Value>) return value;
    else return std::string(value.begin(), value.end());
}
template <class Value>
using plain_of = std::decay_t<decltype(plain(std::declval<const Value&>()))>;

template <class Container, class Model>
bool same(const Container& container, const Model& model) {
    auto at = model.begin();
    for (const auto& each : container)
        if (at == model.end() || !(plain(each) == *at++)) return false;
    return at == model.end();
}

/// False of a container whose move assignment does not compile.
template <class Container>
inline constexpr bool assigns_by_move = true;

/// False of a container whose resize, or merge, does something else than the standard's.
template <class Container>
inline constexpr bool resizes = true;
template <class Container>
inline constexpr bool merges = true;

/// A sequence against std::vector. `other` has the same allocator.
template <class Container>
void sequence_history(const Container& empty, unsigned seed, int steps = 600) {
    using value = typename Container::value_type;
    std::mt19937                 random(seed);
    Container                    container(empty.get_allocator()), other(empty.get_allocator());
    std::vector<plain_of<value>> model, other_model;
    for (int step = 0; step != steps; ++step) {
        const unsigned    number = static_cast<unsigned>(random()), way = number % 16;
        const value       v = value_of<value>(number / 16);
        const std::size_t at = model.empty() ? 0 : number / 16 % model.size();
        const auto        offset = static_cast<std::ptrdiff_t>(at);
        if (way < 5) {
            if constexpr (requires { container.push_back(v); }) {
                container.push_back(v);
                model.push_back(plain(v));
            } else {
                container.push_front(v);
                model.insert(model.begin(), plain(v));
            }
        } else if (way == 5) {
            if constexpr (requires { container.push_front(v); }) {
                container.push_front(v);
                model.insert(model.begin(), plain(v));
            }
        } else if (way < 8) {
            if constexpr (requires { container.insert_after(container.before_begin(), v); }) {
                container.insert_after(std::next(container.before_begin(), offset), v);
            } else container.insert(std::next(container.begin(), offset), v);
            model.insert(model.begin() + offset, plain(v));
        } else if (way < 11 && !model.empty()) {
            if constexpr (requires { container.erase_after(container.before_begin()); })
                container.erase_after(std::next(container.before_begin(), offset));
            else container.erase(std::next(container.begin(), offset));
            model.erase(model.begin() + offset);
        } else if (way == 11) {
            const std::size_t size = number / 16 % 100;
            if constexpr (resizes<Container>) {
                container.resize(size, v);
                model.resize(size, plain(v));
            }
        } else if (way == 12) {
            if constexpr (requires { container.shrink_to_fit(); }) container.shrink_to_fit();
            if constexpr (requires { container.sort(); }) {
                container.sort();
                std::sort(model.begin(), model.end());
            }
        } else if (way == 13) {
            container.swap(other);
            model.swap(other_model);
        } else if (way == 14) {
            other = container;
            other_model = model;
            Container moved(std::move(other));
            if constexpr (assigns_by_move<Container>) other = std::move(moved);
            else other.swap(moved);
        } else {
            const std::size_t size = number / 16 % 40;
            container.assign(size, v);
            model.assign(size, plain(v));
        }
        if (step % 8 == 0 && (!same(container, model) || !same(other, other_model))) {
            FAIL("seed " << seed << ", step " << step << ": the container holds something else than its model");
            return;
        }
    }
    CHECK(same(container, model));
}

template <class Key, class Value>
std::pair<plain_of<Key>, plain_of<Value>> plain(const std::pair<Key, Value>& both) {
    return {plain(both.first), plain(both.second)};
}

/// Sorted, or as it is: what has no order is compared in one.
template <class Container>
auto in_order(const Container& container) {
    using plain_value = std::decay_t<decltype(plain(*container.begin()))>;
    std::vector<plain_value> all;
    for (const auto& each : container) all.push_back(plain(each));
    std::sort(all.begin(), all.end());
    return all;
}

/// Sets and maps, ordered or not, of unique keys or not, against the standard's ordered one of the same kind.
template <class Model, class Container>
void keyed_history(const Container& empty, unsigned seed, int steps = 600) {
    using key = typename Container::key_type;
    constexpr bool is_map = requires { typename Container::mapped_type; };
    std::mt19937   random(seed);
    Container      container(empty.get_allocator()), other(empty.get_allocator());
    Model          model, other_model;
    for (int step = 0; step != steps; ++step) {
        const unsigned number = static_cast<unsigned>(random()), way = number % 16;
        const key      k = value_of<key>(number / 16 % 150);
        if (way < 9) {
            if constexpr (is_map) {
                using mapped = typename Container::mapped_type;
                const mapped m = value_of<mapped>(static_cast<unsigned>(random()) / 2);
                container.emplace(k, m);
                model.emplace(plain(k), plain(m));
            } else {
                container.insert(k);
                model.insert(plain(k));
            }
        } else if (way < 12) {
            container.erase(k);
            model.erase(plain(k));
        } else if (way == 12) {
            container.swap(other);
            model.swap(other_model);
        } else if (way == 13) {
            Container copy(container, empty.get_allocator());
            other = std::move(copy);
            other_model = model;
        } else if (way == 14) {
            if constexpr (merges<Container> && requires { container.merge(other); }) {
                container.merge(other);
                model.merge(other_model);
            }
            if constexpr (requires { container.rehash(1); }) container.rehash(number / 16 % 300);
        } else if (number / 16 % 8 == 0) {
            container.clear();
            model.clear();
        }
        // Of equal keys the order of values may differ between kinds of containers: both sides are sorted.
        if (step % 8 == 0 && (in_order(container) != in_order(model) || container.count(k) != model.count(plain(k)))) {
            FAIL("seed " << seed << ", step " << step << ": the container holds something else than its model");
            return;
        }
    }
    CHECK(in_order(container) == in_order(model));
}

}  // namespace good_programs

#pragma once
/// \file
/// Two members made from one list of arguments: the first takes as many as it can while the second can be made from the
/// rest.
///
/// What lets `observed<limit>(1000, &pool)` give the observer its arguments first and the upstream the last, or none.
/// For autopmr's own templates; nothing to use elsewhere. Throws what its members' constructors throw.

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

namespace autopmr {

template <class First, class Second>
class both_from {
    template <class All, std::size_t... I, std::size_t... J>
    static constexpr bool fits(std::index_sequence<I...>, std::index_sequence<J...>) {
        return std::is_constructible_v<First, std::tuple_element_t<I, All>...> &&
               std::is_constructible_v<Second, std::tuple_element_t<sizeof...(I) + J, All>...>;
    }
    template <class All, std::size_t Own>
    static constexpr int split() {  // how many are the first's; -1: the two can't be made from these
        constexpr std::size_t left = std::tuple_size_v<All> - Own;
        if constexpr (fits<All>(std::make_index_sequence<Own>(), std::make_index_sequence<left>())) return int{Own};
        else if constexpr (Own == 0) return -1;
        else return split<All, Own - 1>();
    }
    template <class All, std::size_t... I, std::size_t... J>
    both_from([[maybe_unused]] All all, std::index_sequence<I...>, std::index_sequence<J...>)
        : first(std::get<I>(std::move(all))...), second(std::get<sizeof...(I) + J>(std::move(all))...) {}

public:
    template <class... Args, int Own = split<std::tuple<Args&&...>, sizeof...(Args)>(),
              class = std::enable_if_t<(Own >= 0)>>
    explicit both_from(Args&&... args)
        : both_from(std::forward_as_tuple(std::forward<Args>(args)...), std::make_index_sequence<Own>(),
                    std::make_index_sequence<sizeof...(Args) - Own>()) {}
    both_from(const both_from&) = delete;
    both_from& operator=(const both_from&) = delete;

    First  first;
    Second second;
};

}  // namespace autopmr

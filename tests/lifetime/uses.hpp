#pragma once
// Shared by the programs of this folder: something that allocates from the default resource and would notice harm.
#include <memory_resource>
#include <string>
#include <vector>

/// Allocates, checks and frees in the resource it was made for; false when something was not as written.
inline bool use(std::pmr::memory_resource* from) {
    std::pmr::vector<std::pmr::string> words(from);
    for (int i = 0; i != 200; ++i) words.emplace_back(static_cast<std::size_t>(20 + i), static_cast<char>('a' + i % 26));
    for (int i = 0; i != 200; ++i) {
        const auto& word = words[static_cast<std::size_t>(i)];
        if (word.size() != static_cast<std::size_t>(20 + i) || word.back() != static_cast<char>('a' + i % 26)) return false;
    }
    return true;
}

inline bool use() { return use(std::pmr::get_default_resource()); }

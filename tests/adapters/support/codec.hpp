#pragma once
/// \file
/// What the tests of codecs pack and unpack; a round of theirs says out_of_memory only where the codec said so.

#include <random>
#include <string>

#include "tests/adapters/support/keeps_books.hpp"

namespace autopmr_test {

/// Some text that packs, the same each time.
inline const std::string& text() {
    static const std::string made = [] {
        std::mt19937 random(20);
        std::string  lines;
        while (lines.size() < 300'000) lines += "word" + std::to_string(random() % 900) + (random() % 9 != 0 ? " " : "\n");
        return lines;
    }();
    return made;
}

}  // namespace autopmr_test

#include "src/guard_pool_slack.hpp"

#include <algorithm>
#include <cstring>

namespace autopmr {
namespace {

unsigned char byte_of(std::uint64_t pattern, std::uintptr_t address) noexcept {
    return static_cast<unsigned char>(pattern >> (address % 8 * 8));
}
unsigned char& at(std::uintptr_t address) noexcept { return *reinterpret_cast<unsigned char*>(address); }

void write(std::uintptr_t from, std::uintptr_t to, std::uint64_t pattern) noexcept {
    for (; from != to; ++from) at(from) = byte_of(pattern, from);
}

bool all_zero(std::uintptr_t from, std::uintptr_t to) noexcept {
    std::uint64_t sum = 0;
    for (; to - from >= 64; from += 64) {
        std::uint64_t words[8];
        std::memcpy(words, reinterpret_cast<const void*>(from), sizeof words);
        for (const std::uint64_t word : words) sum |= word;
    }
    for (; from != to; ++from) sum |= at(from);
    return sum == 0;
}

}  // namespace

void guard_slack::fill() const noexcept {
    write(block - std::min(block - begin, front), block, pattern);
    write(past_block, end, pattern);
}

std::uintptr_t guard_slack::damage() const noexcept {
    for (std::uintptr_t a = past_block; a != end; ++a)
        if (at(a) != byte_of(pattern, a)) return a;
    const std::uintptr_t zeros_end = block - std::min(block - begin, front);
    for (std::uintptr_t a = block; a != zeros_end; --a)
        if (at(a - 1) != byte_of(pattern, a - 1)) return a - 1;
    if (all_zero(begin, zeros_end)) return 0;
    for (std::uintptr_t a = zeros_end; a != begin; --a)
        if (at(a - 1) != 0) return a - 1;
    return 0;
}

}  // namespace autopmr

#pragma once
/// \file
/// What is written over memory that is freed: zeroes that stay, which of a memset before a free a compiler may leave out, or a
/// pattern.
///
/// Any thread, signal handlers included.

#include <cstddef>

namespace autopmr {

/// What freed memory is filled with where it is kept to see whether somebody writes there: no zero, which much memory is, and
/// odd, so that it is no pointer to anything aligned. A canary in whose place it finds this was freed.
inline constexpr unsigned char freed_fill = 0xdf;

/// `at` may be null where `bytes` is 0.
void wipe(void* at, std::size_t bytes) noexcept;

}  // namespace autopmr

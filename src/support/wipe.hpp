#pragma once
/// \file
/// Zeroes memory that nobody is going to read, and stays: what a compiler may leave out of a memset before a free.
///
/// Any thread, signal handlers included.

#include <cstddef>

namespace autopmr {

/// `at` may be null where `bytes` is 0.
void wipe(void* at, std::size_t bytes) noexcept;

}  // namespace autopmr

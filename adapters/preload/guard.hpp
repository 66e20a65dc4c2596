#pragma once
/// \file
/// The guard behind malloc in a program that was started under libautopmr-preload.so: guard pages for each block, or for one in N.
///
/// What the guard itself allocates, and what came before it could be made, is the C library's. Blocks of both kinds are told apart by
/// their address. Everything here is noexcept: a refusal is null. Any thread, before main, in exit handlers, after fork.

#include <autopmr/guard_pool.hpp>

#include <cstddef>

namespace autopmr::preload {

/// What a C program may rely on for any block.
constexpr std::size_t usual_alignment = 16;

/// Beyond that a pool has no blocks: the C library's are not guarded.
constexpr std::size_t most_alignment = std::size_t{1} << 16;

/// Null with nothing changed where there is no room.
[[nodiscard]] void* take(std::size_t bytes, std::size_t alignment, const void* caller) noexcept;
/// A block of any origin; `bytes` and `alignment` are checked where they are given (not 0).
void give_back(void* block, std::size_t bytes, std::size_t alignment, const void* caller) noexcept;
/// Whether a block is guarded: the C library knows the others.
[[nodiscard]] bool guarded(const void* block) noexcept;
/// What is known of a guarded block.
[[nodiscard]] guarded_block what_is(const void* block) noexcept;

}  // namespace autopmr::preload

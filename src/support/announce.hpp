#pragma once
/// \file
/// Tells AddressSanitizer and Valgrind which memory is handed out, where a pool or an arena hands it out itself.
///
/// Found when the program runs, so that a library compiled without a sanitizer serves a program compiled with one. Whoever asks
/// watched() once and then keeps the calls off its hot path pays nothing where nobody watches; each call also looks by itself.
/// Any thread; nothing here allocates or throws.

#include <cstddef>

namespace autopmr::announce {

/// Whether somebody watches this process: the same for its whole life.
[[nodiscard]] bool watched() noexcept;

/// Ours, and not handed out: who touches it now is wrong. ASan sees whole 8 bytes; a part of them at the end stays visible.
void hide(const void* at, std::size_t bytes) noexcept;
/// May be touched again; what it held is not to be relied on.
void show(const void* at, std::size_t bytes) noexcept;
/// The same, and what it holds is to be relied on: a link that we are about to follow.
void show_as_written(const void* at, std::size_t bytes) noexcept;

/// Pages of the system that lead to memory which is kept for ever, or until keeps_no_more: LeakSanitizer follows the pointers in them.
void keeps_for_ever(const void* pages, std::size_t bytes) noexcept;
void keeps_no_more(const void* pages, std::size_t bytes) noexcept;

/// Valgrind's leak check knows the blocks of a pool by themselves. `pool` is any address of its own, such as the resource.
void pool_made(const void* pool) noexcept;
void pool_gone(const void* pool) noexcept;
/// Handed out, and shown; taken back, and hidden.
void block_given(const void* pool, const void* at, std::size_t bytes) noexcept;
void block_taken(const void* pool, const void* at, std::size_t bytes) noexcept;

}  // namespace autopmr::announce

#pragma once
/// \file
/// Tells AddressSanitizer, Valgrind and heaptrack which memory is handed out, where a pool, an arena or a backend hands it out itself.
///
/// Found when the program runs, so that a library compiled without a sanitizer serves a program compiled with one. Whoever asks
/// watched() once and then keeps the calls off its hot path pays nothing where nobody watches; each call also looks by itself.
/// Any thread; nothing here allocates or throws. docs/tools.md says what each of them then sees.

#include <cstddef>

namespace autopmr::announce {

/// Whether somebody watches this process: the same for its whole life.
[[nodiscard]] bool watched() noexcept;
/// Whether it is somebody who wants to hear of each block (Valgrind, heaptrack), not only of what may be touched (ASan).
[[nodiscard]] bool blocks_watched() noexcept;

/// Ours, and not handed out: who touches it now is wrong. ASan sees whole 8 bytes; a part of them at the end stays visible.
void hide(const void* at, std::size_t bytes) noexcept;
/// May be touched again; what it held is not to be relied on.
void show(const void* at, std::size_t bytes) noexcept;
/// The same, and what it holds is to be relied on: a link that we are about to follow.
void show_as_written(const void* at, std::size_t bytes) noexcept;

/// Pages of the system that lead to memory which is kept for ever, or until keeps_no_more: LeakSanitizer follows the pointers in them.
void keeps_for_ever(const void* pages, std::size_t bytes) noexcept;
void keeps_no_more(const void* pages, std::size_t bytes) noexcept;

/// Blocks. Valgrind's leak check knows those of a pool by themselves; `pool` is any address of its own, such as the resource, or
/// no_pool for blocks that only go one by one.
constexpr const void* no_pool = nullptr;
void pool_made(const void* pool) noexcept;
void pool_gone(const void* pool) noexcept;
/// Handed out, and shown; taken back, and hidden.
void block_given(const void* pool, const void* at, std::size_t bytes) noexcept;
void block_taken(const void* pool, const void* at, std::size_t bytes) noexcept;
/// Taken back for an allocator that knows nothing of who watches, and writes into the `bytes` as it likes: not hidden.
void block_returned(const void* pool, const void* at, std::size_t bytes) noexcept;
/// It goes with its pool, which will be gone; said of one that was taken back before, it changes nothing. Heaptrack knows no pools.
void block_dropped(const void* at) noexcept;
/// Whether Valgrind knows of an allocator's new block by itself: it stands in for functions at the address of any library's `malloc`.
[[nodiscard]] bool seen_already(const void* block) noexcept;
/// An upstream's block that is parcelled out from now on: who knows no pools would count it twice.
void block_parcelled(const void* at) noexcept;

}  // namespace autopmr::announce

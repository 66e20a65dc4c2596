#include <autopmr/backends/jemalloc_arena.hpp>
#include <autopmr/errors.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>

#include "resources/backends/jemalloc_calls.hpp"
#include "src/support/announce.hpp"

namespace autopmr {
namespace {

/// Does a thing to one arena: "arena.<number>.<action>".
void act(unsigned arena, std::string_view action) noexcept {
    fixed_text<40> name("arena.");
    name.append(static_cast<unsigned long long>(arena)).append(".").append(action).append(std::string_view("\0", 1));
    jemalloc.call(name.view().data());
}

}  // namespace

jemalloc_arena_resource::jemalloc_arena_resource() noexcept : why_not_(jemalloc_calls::why_not()) {
    if (!why_not_.empty()) return;
    if (jemalloc.read("arenas.create", arena_)) flags_ = jemalloc_arena(arena_) | jemalloc_no_cache;
    else why_not_ = "jemalloc has no more arenas to give (about 4000 may live at once)";
    watched_ = why_not_.empty() && announce::blocks_watched();
    if (watched_) announce::pool_made(this);
}

jemalloc_arena_resource::~jemalloc_arena_resource() {
    if (watched_) announce::pool_gone(this);  // jemalloc can't name the blocks that go with it, for those who know no pools
    if (why_not_.empty()) act(arena_, "destroy");
}

void jemalloc_arena_resource::trim() noexcept {
    if (why_not_.empty()) act(arena_, "purge");
}

[[gnu::always_inline]] inline void* jemalloc_arena_resource::allocate_from_arena(std::size_t bytes, std::size_t alignment) {
    if (!std::has_single_bit(alignment)) throw_bad_alignment(bytes, alignment, "jemalloc_arena");
    if (alignment > PTRDIFF_MAX || bytes > PTRDIFF_MAX - alignment || !why_not_.empty())
        throw_out_of_memory(bytes, alignment, "jemalloc_arena");
    void* block = jemalloc.mallocx(std::max<std::size_t>(bytes, 1), flags_ | jemalloc_alignment(alignment));
    if (block == nullptr) throw_out_of_memory(bytes, alignment, "jemalloc_arena");
    return block;
}

// In a function of its own, so that the common way keeps nothing.
[[gnu::noinline]] void* jemalloc_arena_resource::allocate_watched(std::size_t bytes, std::size_t alignment) {
    void* const block = allocate_from_arena(bytes, alignment);
    announce::block_given(this, block, bytes);
    return block;
}

void* jemalloc_arena_resource::do_allocate(std::size_t bytes, std::size_t alignment) {
    if (watched_) [[unlikely]] return allocate_watched(bytes, alignment);
    return allocate_from_arena(bytes, alignment);
}

// With the flags it was made with, cache refused: a cached block would outlive its arena.
[[gnu::always_inline]] inline void jemalloc_arena_resource::release(void* block, std::size_t bytes, std::size_t alignment) noexcept {
    jemalloc.sdallocx(block, std::max<std::size_t>(bytes, 1), flags_ | jemalloc_alignment(alignment));
}

[[gnu::noinline]] void jemalloc_arena_resource::deallocate_watched(void* block, std::size_t bytes, std::size_t alignment) noexcept {
    announce::block_returned(this, block, bytes);
    release(block, bytes, alignment);
}

void jemalloc_arena_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    if (watched_) [[unlikely]] return deallocate_watched(block, bytes, alignment);
    release(block, bytes, alignment);
}

}  // namespace autopmr

#pragma once
/// \file
/// A monotonic resource: allocating is moving a pointer, and everything goes at once.
///
/// Use it for what is built and dropped together: a request, a frame, a parsed document. Not where single blocks must come
/// back while others stay: only the last block does, and one with a chunk of its own not before reset(). One thread. Throws
/// out_of_memory, bad_alignment, and what its upstream throws; a refused request changes nothing.
///
/// Blocks go upwards in their chunk. Downwards would save an instruction (as bumpalo does), but the last block could then only
/// grow by moving; upwards it grows where it is. Where AddressSanitizer or Valgrind watches, they are shown what is handed out,
/// and blocks are kept apart. Not checked: size and owner of a deallocated block that is not the last.

#include <autopmr/layer.hpp>
#include <autopmr/resource_ptr.hpp>

#include <cstddef>
#include <cstdint>

namespace autopmr {

/// Bytes, the arena's own few in each chunk included. Chunks double from the first to the most; a request that needs more
/// than that gets a chunk of its own.
struct arena_options {
    std::size_t first_chunk = 4096, most_chunk = std::size_t{1} << 20;
};

/// Bytes handed out, padding included; bytes asked from the upstream, and in how many chunks, kept ones included.
struct arena_usage {
    std::size_t used, reserved, chunks;
};

/// The arena's own; at the beginning of each chunk. `begin` and `end` are multiples of arena_resource::granule.
struct arena_chunk {
    arena_chunk *  before, *after;
    std::uintptr_t begin, end, top;  ///< `top`: the end of what is used, where the arena stands elsewhere
};

class arena_resource final : public layer {
public:
    static constexpr std::size_t granule = 16;  ///< larger alignments cost a few instructions more

    /// Where an arena stands, to roll back to.
    class position {
        friend arena_resource;
        const arena_resource* of = nullptr;
        arena_chunk *         current = nullptr, *own = nullptr;
        std::uintptr_t        next = 0, round = 0;
    };

    explicit arena_resource(resource_ptr upstream = {}) noexcept;
    explicit arena_resource(arena_options options, resource_ptr upstream = {}) noexcept;
    /// Begins in a buffer, which stays the caller's: with what lies between multiples of granule in it.
    arena_resource(void* buffer, std::size_t bytes, resource_ptr upstream = {}) noexcept;
    arena_resource(void* buffer, std::size_t bytes, arena_options options, resource_ptr upstream = {}) noexcept;
    arena_resource(const arena_resource&) = delete;
    ~arena_resource() override;

    /// Ends every block and keeps the chunks: the same load again asks nothing of the upstream.
    void reset() noexcept;
    /// Ends every block and gives all chunks back.
    void release() noexcept;
    /// Gives back the chunks that hold nothing.
    void trim() noexcept override;

    [[nodiscard]] position mark() const noexcept { return here_; }
    /// Ends the blocks made since then and keeps the chunks. A fault: a mark of another arena, from before a reset() or release(),
    /// or in a chunk that was rolled past. Not seen: one that was rolled past in a chunk that is in use.
    void rollback(const position& to) noexcept;

    /// Makes a block longer or shorter where it stands. True: done; only the last block can become longer.
    bool grow(void* block, std::size_t old_bytes, std::size_t new_bytes) noexcept;

    [[nodiscard]] arena_usage now() const noexcept;

    [[nodiscard]] std::string_view           name() const noexcept override { return "arena"; }
    [[nodiscard]] thread_use threads() const noexcept override { return thread_use::one_thread; }
    [[nodiscard]] std::pmr::memory_resource* upstream_resource() const noexcept override { return upstream_.get(); }
    [[nodiscard]] layer*                     upstream_layer() const noexcept override { return upstream_.as_layer(); }

    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) {
        // A power of two up to granule, of which limit_ is a multiple: `at` is not beyond it. 0 - 1 is less than nothing.
        if (((alignment - 1) & (alignment | ~(granule - 1))) == 0) {
            const std::uintptr_t at = (here_.next + (alignment - 1)) & ~(alignment - 1);
            if (bytes - 1 < limit_ - at) return here_.next = at + bytes, reinterpret_cast<void*>(at);
        }
        return allocate_slowly(bytes, alignment);
    }
    void deallocate(void* block, std::size_t bytes, std::size_t = alignof(std::max_align_t)) noexcept {
        if (here_.next - (reinterpret_cast<std::uintptr_t>(block) + bytes) <= told_within_) take_back(block, bytes);
    }

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override { return arena_resource::allocate(bytes, alignment); }
    void  do_deallocate(void* p, std::size_t bytes, std::size_t) override { arena_resource::deallocate(p, bytes); }
    bool  do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

    void*        allocate_slowly(std::size_t bytes, std::size_t alignment);
    arena_chunk& chunk_for(std::size_t need, bool own);
    void         take_back(void* block, std::size_t bytes) noexcept;
    void         move_to(std::uintptr_t next) noexcept;
    void         leave(const position& to) noexcept;
    void         drop_after(arena_chunk& last) noexcept;

    position       here_;
    // Watched, limit_ is here_.next, so that every request takes the slow path, and told_within_ the most there is, so that
    // every deallocation is told.
    std::uintptr_t limit_ = 0;
    std::size_t    told_within_ = 0, next_chunk_, reserved_ = 0, chunks_ = 0;
    arena_options  options_;
    arena_chunk    first_, first_own_;  // the buffer, and nothing: the beginnings of both lists
    resource_ptr   upstream_;
};

}  // namespace autopmr

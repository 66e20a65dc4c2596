#pragma once
/// \file
/// Blocks of one size out of one chunk: what the pools stand on. For one thread at a time.
///
/// A chunk is a power of two of memory, aligned to its own size, so a block leads to its chunk and needs no header. Each chunk has a
/// free list of its own, last in, first out: what is freed is used again while it is warm, and what is built together stays
/// together (the list a page of Leijen, Zorn and de Moura, "Mimalloc: free list sharding in action", APLAS 2019). Chunk headers
/// at one offset would all want the same few lines of the cache: they stand at one of up to sixteen (the colouring of Bonwick, "The slab
/// allocator", USENIX 1994). The size a caller hands back tells wrong sizes and foreign blocks for the price of two compares.

#include <cstddef>
#include <cstdint>

namespace autopmr {

class chunk_heap;

struct free_block {
    free_block* next;
};

/// The header of a chunk: a line that any thread may read while a block is live, and then what its heap writes all the time.
struct alignas(64) chunk {
    std::uintptr_t tag = 0;         ///< of whose blocks of which size these are; 0 where somebody watches: all go the slow path
    chunk_heap*    home = nullptr;  ///< null while it is idle
    std::uint32_t  block_bytes = 0; ///< the size of each
    std::uint32_t  size_class = 0;

    alignas(64) free_block* free = nullptr;
    std::uint32_t  live = 0;        ///< blocks out, and 1 for being the first of its list; see live_of() for what stands in none
    std::uint32_t  out = 0;         // blocks out, while it has none to give
    std::uint32_t  fresh = 0, end = 0;  // from the chunk's header on: what was never handed out
    chunk *        next = nullptr, *previous = nullptr;  // of its size, or of the idle ones
    bool           listed = false;
    chunk *        next_of_heap = nullptr, *previous_of_heap = nullptr;
};

/// Which class of sizes serves a request, and of what size its blocks are: steps of 8 bytes up to 64, since nodes of 24 and 40 bytes are
/// common, of 16 up to `small`, and quarters of a power of two above.
namespace size_classes {

constexpr std::size_t small = 1024, most_plain_alignment = 16;
constexpr unsigned    first_medium = 69, count = first_medium + 4 * 10;

/// A class aligns its blocks to all that divides its size; so of a request with an alignment above 8 the size is raised to
/// a multiple of that first. Of 1 byte at least.
unsigned    of(std::size_t bytes) noexcept;
std::size_t bytes_of(unsigned index) noexcept;

/// Whether a request may take the hot paths, in few instructions: a power of two up to 16.
constexpr bool plain_alignment(std::size_t alignment) noexcept {
    return ((alignment - 1) & (alignment | ~(most_plain_alignment - 1))) == 0;
}
/// On those, sizes are told apart in steps of 8 bytes, an even number of them where the alignment is 16.
constexpr std::size_t steps = small / 8 + 1;
constexpr std::size_t step_of(std::size_t bytes, std::size_t plain_alignment) noexcept {
    const std::size_t step = (bytes + 7) / 8;
    return step + (step & (plain_alignment / 16));
}

}  // namespace size_classes

class chunk_heap {
public:
    constexpr chunk_heap() noexcept;  ///< has nothing and takes nothing: stands where there is none yet
    explicit chunk_heap(std::size_t chunk_bytes) noexcept;
    ~chunk_heap();  // its chunks are not its own: see chunk_store
    chunk_heap(const chunk_heap&) = delete;
    chunk_heap& operator=(const chunk_heap&) = delete;

    /// Where the header of a chunk is that begins at `base`, or that a block lies in.
    [[nodiscard]] static chunk* header(std::uintptr_t base, std::uintptr_t colours) noexcept {
        return reinterpret_cast<chunk*>(base + ((base >> 10) & colours));
    }
    [[nodiscard]] chunk* chunk_of(const void* block) const noexcept {
        return header(reinterpret_cast<std::uintptr_t>(block) & mask_, colours_);
    }

    /// Whether what comes back with this size is of this chunk: one compare for both, since heaps lie further apart than small sizes.
    [[nodiscard]] bool gave(const chunk& one, std::size_t bytes) const noexcept { return one.tag == tag(bytes); }
    /// Whether this looks like the header of a chunk in use.
    [[nodiscard]] static bool is_sound(const chunk& one) noexcept {
        return one.home != nullptr && (one.tag == 0 || one.tag == one.home->tag(one.block_bytes));
    }
    /// Whether a request of this size may take the hot paths; one of 0 bytes may not.
    [[nodiscard]] bool is_small(std::size_t bytes) const noexcept { return bytes - 1 < small_; }

    /// A block of this many steps out of the chunk at hand; null when refill() must see to it.
    [[nodiscard]] void* take(std::size_t step) noexcept {
        chunk* const      from = at_hand_[step];
        free_block* const block = from->free;
        if (block == nullptr) return nullptr;
        from->free = block->next;
        ++from->live;
        return block;
    }
    /// False when emptied() must see to the chunk.
    [[nodiscard]] static bool put(chunk& to, void* memory) noexcept {
        auto* const block = static_cast<free_block*>(memory);
        block->next = to.free;
        to.free = block;
        return --to.live != 0;
    }

    /// The same as take, from any chunk of the class; null when it needs a new one: add().
    [[nodiscard]] void* refill(unsigned index, std::size_t bytes) noexcept;
    /// A block comes back, and is hidden from now on. Before give(), on any thread's heap.
    void taken_back(const chunk& from, const void* block) const noexcept;
    /// The same as put, and emptied where that is due: a chunk that goes, or null.
    [[nodiscard]] chunk* give(chunk& to, void* block) noexcept;
    /// A chunk is wholly free, or gives its first block back. Answers it, taken out, when the class has enough without it.
    [[nodiscard]] chunk* emptied(chunk& which) noexcept;
    /// An idle chunk now serves this class.
    void add(chunk& idle, unsigned index) noexcept;
    /// Those who watch hear that its blocks are gone. Before its chunks are given back at its end.
    void forget() noexcept;
    /// A wholly free chunk that was kept at hand for some class, taken out; null when there is none.
    [[nodiscard]] chunk* spare() noexcept;

    [[nodiscard]] chunk*      chunks() const noexcept { return all_; }
    [[nodiscard]] std::size_t chunk_bytes() const noexcept { return ~mask_ + 1; }
    [[nodiscard]] std::size_t largest() const noexcept { return chunk_bytes() / 8; }
    [[nodiscard]] bool        watched() const noexcept { return watched_; }
    /// A chunk that has none to give stands in no list; its `live` is 1 then, so that its next free makes itself heard.
    [[nodiscard]] static std::uint32_t live_of(const chunk& one) noexcept { return one.listed ? one.live - is_first(one) : one.out; }
    [[nodiscard]] static std::size_t   sound_chunk_bytes(std::size_t wanted) noexcept;
    [[nodiscard]] static std::uintptr_t colours_of(std::size_t chunk_bytes) noexcept;

private:
    struct size_list {
        chunk *first = nullptr, *last = nullptr;
    };
    // Alike for two sizes that differ by less than 16 bytes, which alone can't tell 24 from 32.
    [[nodiscard]] std::uintptr_t tag(std::size_t bytes) const noexcept { return reinterpret_cast<std::uintptr_t>(this) + ((bytes + 15) & ~std::size_t{15}); }
    static bool is_first(const chunk& one) noexcept { return one.previous == nullptr; }  // of those that stand in a list
    bool  extend(chunk& c) noexcept;
    void  list(chunk& c) noexcept;
    void  unlist(chunk& c) noexcept;
    void  take_out(chunk& c) noexcept;
    void  put_first(unsigned index, chunk* c) noexcept;

    std::uintptr_t mask_ = 0, colours_ = 0;
    std::size_t    small_ = 0;
    bool           watched_ = false;
    chunk*         at_hand_[size_classes::steps];  // by steps, the first of a list; no_chunk where there is none, or where somebody watches
    size_list      lists_[size_classes::count];
    chunk*         all_ = nullptr;
};

inline constinit chunk no_chunk;  ///< has no block, ever, and is never written to: stands where a class has no chunk

constexpr chunk_heap::chunk_heap() noexcept : at_hand_() {
    for (chunk*& one : at_hand_) one = &no_chunk;
}

inline constinit chunk_heap no_heap;

}  // namespace autopmr

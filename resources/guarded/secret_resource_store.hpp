#pragma once
// All that a secret_resource has: pieces of locked memory, and apart from them what is known of each block.

#include <autopmr/fork_mutex.hpp>
#include <autopmr/guarded/secret_resource.hpp>

#include "src/platform/os.hpp"
#include "src/support/fault_sources.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace autopmr {

enum class piece_kind : std::uint8_t {
    unused,
    slab,     ///< small blocks of one class
    own,      ///< one block
    cached,   ///< one block that was: closed and wiped, kept to be one again
    retired,  ///< one block that was: nothing but addresses that fault
    lost      ///< in a forked child: its parent's
};

/// A mapping between two guard pages. Made in pages that stay while the store lives, so that a signal handler may look; what
/// changes is written under the lock.
struct secret_piece {
    std::atomic<char*>         begin{nullptr};
    std::atomic<std::size_t>   bytes{0};
    std::atomic<piece_kind>    kind{piece_kind::unused};
    std::atomic<secret_access> access{secret_access::read_write};  ///< of its pages, now
    secret_access              base = secret_access::read_write;   ///< while no window is open
    secret_protection          holds = secret_protection::none;
    std::atomic<std::uint8_t>  index{0};    ///< of a slab: its class
    std::uint32_t              readers = 0, writers = 0;  ///< windows
    std::uint64_t              serial = 0;  ///< tells one use of this piece from the next
    std::atomic<char*>         block{nullptr};  ///< of an own piece
    std::atomic<std::size_t>   block_bytes{0}, block_alignment{0};

    // Of a slab. A slot is state << 24 | log2 of the alignment << 16 | bytes, with the number of the next free one kept apart.
    std::atomic<std::uint32_t>* slots = nullptr;
    std::uint16_t*              next_free = nullptr;
    std::uint32_t               first = 0, slot_bytes = 0, count = 0, free = 0, live = 0;
    bool                        listed = false;
    secret_piece *              next = nullptr, *previous = nullptr;  ///< slabs of a class that have a free slot; or free pieces
};

/// What was wrong with a deallocation; `unknown` where nothing was.
struct secret_finding {
    fault_kind        kind = fault_kind::unknown;
    const void*       address = nullptr;
    const void*       block = nullptr;
    std::size_t       bytes = 0, alignment = 0;
    block_state       state = block_state::live;
};

class secret_store final : public fault_source {
public:
    static constexpr std::size_t slab_bytes = 64 << 10, largest_small = 1024, most_slots = slab_bytes / 32, most_retired = 64, most_cached = 16;
    static constexpr const char* name = "secret";

    static secret_store* make(const secret_options& options);
    static void          end(secret_store* store) noexcept;

    void*             allocate(std::size_t bytes, std::size_t alignment);
    void              deallocate(void* block, std::size_t bytes, std::size_t alignment) noexcept;
    secret_protection achieved() const noexcept;
    secret_usage      usage() const noexcept;
    void              trim() noexcept;
    secret_piece*     open(const void* block, secret_access access, bool window, std::uint64_t& serial);
    void              close(secret_piece& piece, std::uint64_t serial, secret_access access) noexcept;

    bool explain(const void* address, fault_report& out) const noexcept override;
    [[nodiscard]] fault_handler handler_of(const void*) const noexcept override { return options_.on_fault; }
    bool open(const void*) noexcept override { return false; }  // a secret is not opened by accident

    void          in_child() noexcept;
    secret_store *older = nullptr, *newer = nullptr;  // of all that live

private:
    struct refusal {
        secret_protection which = secret_protection::none;  ///< none: there are no pages at all
        int               why = 0;
    };
    explicit secret_store(const secret_options& options) noexcept;
    ~secret_store() = default;

    static constexpr std::size_t   pieces_a_page = 128;
    struct piece_page {
        std::atomic<piece_page*>   next{nullptr};
        secret_piece               pieces[pieces_a_page];
    };
    template <class F>
    void each(F f) const noexcept {
        for (const piece_page* page = pages_.load(std::memory_order_acquire); page != nullptr; page = page->next.load(std::memory_order_acquire))
            for (const secret_piece& one : page->pieces) f(const_cast<secret_piece&>(one));
    }

    // Pieces (secret_resource_pieces.cpp), with the lock held.
    secret_piece* new_piece() noexcept;
    secret_piece* map(std::size_t bytes, std::size_t alignment, piece_kind kind, refusal& why) noexcept;
    secret_piece* map_or_make_room(std::size_t bytes, std::size_t alignment, piece_kind kind, refusal& why) noexcept;
    void          unmap(secret_piece& piece) noexcept;
    void          retire(secret_piece& piece) noexcept;
    void          keep(secret_piece& piece) noexcept;
    secret_piece* kept() noexcept;
    bool          give_back_unused() noexcept;
    bool          set_access(secret_piece& piece) noexcept;
    secret_piece* find(std::uintptr_t begin) const noexcept;
    void          remember(std::uintptr_t begin, secret_piece* piece) noexcept;
    void          forget(std::uintptr_t begin) noexcept;
    bool          widen_table() noexcept;
    [[nodiscard]] std::size_t place_of(std::uintptr_t begin) const noexcept { return static_cast<std::size_t>((begin >> 12) * 0x9E3779B97F4A7C15u >> table_shift_); }
    [[noreturn]] void refuse(std::size_t bytes, std::size_t alignment, const refusal& why);

    // Slabs (secret_resource_slabs.cpp), with the lock held.
    void* take_small(unsigned index, std::size_t bytes, std::size_t alignment, refusal& why, secret_finding& finding) noexcept;
    void  give_small(secret_piece& slab, char* block, std::size_t bytes, std::size_t alignment, secret_finding& finding) noexcept;
    static std::size_t slots_bytes() noexcept { return most_slots * (sizeof(std::uint32_t) + sizeof(std::uint16_t)); }
    bool  make_slots(secret_piece& slab) noexcept;
    void  divide(secret_piece& slab, unsigned index) noexcept;
    void  list(secret_piece& slab) noexcept;
    void  unlist(secret_piece& slab) noexcept;
    std::uint64_t fence(const char* at) const noexcept { return (key_ ^ reinterpret_cast<std::uintptr_t>(at)) * 0xD6E8FEB86659FD93u | 0x0101010101010101u; }
    void  fill(char* from, char* to) const noexcept;
    bool  intact(const char* from, const char* to) const noexcept;
    bool  same(const char* at, std::size_t begin, std::size_t end) const noexcept;
    char  slack() const noexcept { return static_cast<char>(key_ | 1); }

    void* take_own(std::size_t bytes, std::size_t alignment, refusal& why) noexcept;
    void  give_own(secret_piece& piece, char* block, std::size_t bytes, std::size_t alignment, secret_finding& finding) noexcept;
    bool  look_for(const char* at, secret_finding& finding) const noexcept;
    void  report(const secret_finding& finding, std::size_t bytes, std::size_t alignment) const noexcept;

    const secret_options     options_;
    const std::size_t        page_;
    const std::uint64_t      key_;
    mutable fork_mutex       mutex_;
    std::atomic<piece_page*> pages_{nullptr};
    secret_piece*            unused_ = nullptr;
    secret_piece**           table_ = nullptr;  // slabs and own pieces by where they begin
    std::size_t              table_places_ = 0, table_used_ = 0;
    unsigned                 table_shift_ = 64;
    secret_piece*            with_room_[32] = {};
    secret_piece*            spare_ = nullptr;  // a slab of no class
    secret_piece*            retired_[most_retired] = {};
    std::size_t              retired_next_ = 0;
    secret_piece*            cached_[most_cached] = {};  // of one page, the oldest at cached_next_
    std::size_t              cached_next_ = 0;
    std::uint64_t            serial_ = 0;
    secret_protection        held_ = secret_protection::none;
    secret_usage             usage_;
};

namespace secret_classes {

// A slot is a block and at least 8 bytes of canary; those that are a multiple of 32, 64 or 128 serve such alignments.
inline constexpr std::uint16_t slots[] = {32, 48, 64, 80, 96, 112, 128, 144, 160, 192, 224, 272, 320, 384, 448, 528, 640, 768, 896, 1040, 1152};
constexpr unsigned      count = sizeof slots / sizeof *slots;
constexpr std::size_t   fence_bytes = 8, most_alignment = 128;
/// `count` where no class serves it.
unsigned of(std::size_t bytes, std::size_t alignment) noexcept;

}  // namespace secret_classes
}  // namespace autopmr

#pragma once
/// \file
/// All that a guard pool keeps, in pages that lie apart from the blocks between pages that nobody may touch.
///
/// Two locks, which hold across fork: `lists` for who comes next, held for some instructions, and in the rare case while a chunk is
/// made; `sweep` for verify(). Pages open and close under neither, so that threads meet in the kernel only. What explains an address
/// takes none.

#include <autopmr/fork_mutex.hpp>
#include <autopmr/guard_pool.hpp>

#include "src/guard_pool_layout.hpp"
#include "src/guard_pool_owners.hpp"
#include "src/guard_pool_slack.hpp"
#include "src/guard_pool_slot.hpp"
#include "src/support/fault_sources.hpp"
#include "src/support/stack_store.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace autopmr {

struct guard_pool_state final : fault_source {
    struct pages {  ///< where everything lies
        std::uintptr_t blocks;
        std::size_t    region;
        char*          books;
        std::size_t    books_bytes;
        char*          slots;  ///< of the metadata, closed at first
    };
    guard_pool_state(const guard_pool_options& options, const pages& where) noexcept;

    // -- slots, guard_pool_slots.cpp: the number of a slot is its place in the metadata, from 1; 0 is none
    [[nodiscard]] guard_slot& slot(std::uint32_t number) const noexcept { return slots[number - 1]; }
    /// The slot that an address is in, with its number in `number`; null where none came into being.
    [[nodiscard]] guard_slot* find(const guard_place& place) const noexcept;
    struct taken {
        guard_slot*    slot = nullptr;  ///< null: there is no room
        std::uint32_t  number = 0;
        std::uintptr_t base = 0;
    };
    taken take(unsigned of_class) noexcept;
    /// Unused after all.
    void give_back(const taken& one, unsigned of_class) noexcept;
    /// Freed: it waits until so many others were. One that is `out` never comes back.
    void put_away(guard_slot& one, bool out) noexcept;
    /// Ends the wait of the oldest, until one of that class is among them.
    bool hurry(unsigned of_class) noexcept;

    // -- pages, guard_pool_pages.cpp
    /// Of a slot of that class, whole pages.
    [[nodiscard]] bool open_range(unsigned of_class, std::uintptr_t from, std::uintptr_t to) noexcept;
    /// False where they could not be closed so that they open again.
    [[nodiscard]] bool close_range(unsigned of_class, std::uintptr_t from, std::uintptr_t to) noexcept;
    bool               make_chunk(unsigned of_class, std::uint32_t chunk) noexcept;
    /// Whether a block of that class is guarded by markers in open pages; else it is a mapping of its own.
    [[nodiscard]] bool marked(unsigned of_class) const noexcept { return markers && layout.data_bytes(of_class) <= most_marked; }
    [[nodiscard]] bool room_for_a_mapping() const noexcept { return budget == 0 || mappings() + 2 <= budget; }
    [[nodiscard]] std::size_t mappings() const noexcept;
    [[nodiscard]] std::uintptr_t page_of(std::uintptr_t address) const noexcept { return address & ~(layout.page() - 1); }
    [[nodiscard]] guard_slack    slack(const guard_slot& one) const noexcept;

    // -- what to say, guard_pool_explain.cpp
    bool explain(const void* address, fault_report& out) const noexcept override;
    [[nodiscard]] fault_handler handler_of(const void* address) const noexcept override;
    /// The slot of the block that an address belongs to or, where it is in none, is most likely about.
    [[nodiscard]] const guard_slot* meant_by(std::uintptr_t at) const noexcept;
    bool open(const void* address) noexcept override;
    /// What is known of a slot's block.
    void tell(const guard_slot& one, fault_report& out) const noexcept;
    /// The distance of out.address from the block.
    static void measure(fault_report& out) noexcept;
    void        note_stack(const void* caller, std::uint32_t& number) noexcept;
    void        note_here(fault_moment& found, const void* caller) noexcept;

    // -- checks, guard_pool_checks.cpp
    void        retire(guard_slot& one, slot_word was, fault_report& found, const guard_owner& owner, const void* caller) noexcept;
    std::size_t verify(std::uint32_t owner) noexcept;  ///< 0: of all
    void        dismiss(const guard_owner& owner) noexcept;

    struct list {  ///< first in, first out
        std::uint32_t first = 0, last = 0;
        std::size_t   size = 0;
    };
    void          append(list& to, std::uint32_t number) noexcept;
    std::uint32_t remove_first(list& from) noexcept;
    struct of_one_class {
        list          unused;
        std::uint64_t fresh = 0;  ///< slots of the class that were ever taken
        std::uint32_t chunks = 0;
    };

    static constexpr std::size_t most_marked = std::size_t{64} << 20;  // beyond, markers in every page cost more than a mapping

    const guard_pool_options options;
    const guard_layout       layout;
    const pages              where;
    guard_slot* const        slots;
    std::atomic<std::uint32_t>* const chunk_table;  ///< number of a chunk's first slot; 0: not made
    guard_owners             owners;
    stack_store              stacks;
    const bool               markers;
    const std::size_t        budget;  ///< of mappings; 0: none
    const std::uint64_t      key;

    std::atomic<std::uint64_t> sequence{0}, frees{0};
    std::atomic<std::size_t>   live{0}, live_bytes{0};
    std::atomic<std::uint32_t> made{0};  ///< slots that exist
    std::atomic<std::size_t>   mapped{0};  ///< blocks that are mappings of their own, and ranges that were split off otherwise

    mutable fork_mutex lists;
    fork_mutex         sweep;  // newer: who holds it may ask for lists
    list               waiting;
    of_one_class       classes[guard_layout::classes];
};

}  // namespace autopmr

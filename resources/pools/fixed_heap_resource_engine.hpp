#pragma once
/// \file
/// What allocates and deallocates in a fixed heap. `Steps` is called once for each search step, split, merge and change of a
/// list: a test counts them, the library's own does nothing.
///
/// A block is a word with its size and two flags, then what was asked for. A free one holds its links there, and its own address
/// in its last word, where the block behind it looks for it. No two free blocks touch. Lists: one for every size up to
/// 2^second granules, then 2^second for every doubling.

#include <autopmr/fault_report.hpp>
#include <autopmr/pools/fixed_heap_resource.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "src/support/announce.hpp"

namespace autopmr {

struct no_steps {
    void operator()() const noexcept {}
};

template <class Steps = no_steps>
class fixed_heap_engine {
public:
    struct block {
        std::size_t header;
        block*      next;  // in a free one
        block*      previous;
    };
    static constexpr std::size_t word = sizeof(std::size_t), word_bits = word * 8;
    static constexpr std::size_t granule = std::max(2 * word, alignof(std::max_align_t));
    static constexpr std::size_t least_block = (4 * word + granule - 1) / granule * granule;
    static constexpr std::size_t is_free = 1, after_free = 2, flags = is_free | after_free;
    static constexpr std::size_t no_list = SIZE_MAX;
    static constexpr unsigned    most_looked_at = 8;  // blocks of one list, before a larger class is taken

    explicit fixed_heap_engine(fixed_heap_resource& heap, Steps steps = {}) noexcept : h_(heap), step_(steps) {}

    /// The alignment is a power of two. Null: no room.
    void* allocate(std::size_t bytes, std::size_t alignment) noexcept {
        if (bytes >= h_.capacity()) return nullptr;  // from here on no sum overflows
        const std::size_t size = size_for(bytes);
        if (size > h_.capacity()) return nullptr;
        for (;;) {
            const place found = alignment <= granule ? find(size) : find_aligned(size, alignment);
            if (found.at == nullptr) return nullptr;
            if (list_if_sound(found.at) == found.list) [[likely]]
                return hand_out(carve(found, size), bytes);
            // Its list leads nowhere safe any more: all of that list stays out of circulation.
            misuse(fault_kind::write_after_free, payload(found.at), 0, 0, 0);
            h_.heads_[found.list] = nullptr;
            clear_bit(found.list);
        }
    }

    void deallocate(void* p, std::size_t bytes, std::size_t alignment) noexcept {
        block* b = block_of(p);
        if (!inside(b)) return misuse(fault_kind::foreign_pointer, p, 0, bytes, alignment);
        if (h_.watched_) announce::show_as_written(b, word);
        if ((b->header & is_free) != 0) return misuse(fault_kind::double_free, p, 0, bytes, alignment);
        std::size_t size = size_of(b);
        if (!possible(b, size)) return misuse(fault_kind::foreign_pointer, p, 0, bytes, alignment);
        if (bytes >= h_.capacity() || size_for(bytes) > size || size - size_for(bytes) >= least_block)
            return misuse(fault_kind::wrong_size, p, size - word, bytes, alignment);
        if ((address(p) & (alignment - 1)) != 0)
            return misuse(fault_kind::wrong_alignment, p, size - word, bytes, alignment);
        block* next = after(b, size);
        if ((next->header & after_free) != 0) return misuse(fault_kind::overrun, p, size - word, bytes, alignment);
        block*      before = nullptr;
        std::size_t before_list = 0, next_list = 0;
        if ((b->header & after_free) != 0) {
            before = reinterpret_cast<block**>(b)[-1];
            if ((before_list = list_if_sound(before)) == no_list || after(before, size_of(before)) != b)
                return misuse(fault_kind::write_after_free, p, size - word, bytes, alignment);
        }
        const bool merges_next = (next->header & is_free) != 0;
        if (merges_next && (next_list = list_if_sound(next)) == no_list)
            return misuse(fault_kind::overrun, p, size - word, bytes, alignment);

        h_.used_ -= size;
        --h_.blocks_;
        if (h_.watched_) announce::block_taken(&h_, p, bytes);
        if (merges_next) {
            step_();
            unlink(next, next_list);
            size += size_of(next);
            if (h_.watched_) hide_links(next);
        }
        if (before != nullptr) {
            step_();
            unlink(before, before_list);
            b->header |= is_free;  // for who frees it again
            size += size_of(before);
            if (h_.watched_) hide_seam(before, b);
            b = before;
        }
        after(b, size)->header |= after_free;
        make_free(b, size);
    }

    // What check(), walk() and give() see of it.
    static std::uintptr_t address(const void* p) noexcept { return reinterpret_cast<std::uintptr_t>(p); }
    static block*         after(const block* b, std::size_t size) noexcept { return block_of(payload(b) + size); }
    static std::size_t    size_of(const block* b) noexcept { return b->header & ~flags; }
    static char*   payload(const block* b) noexcept { return const_cast<char*>(reinterpret_cast<const char*>(b)) + word; }
    static block*  block_of(const void* p) noexcept { return reinterpret_cast<block*>(address(p) - word); }
    static block*& last_word(const block* b, std::size_t size) noexcept {
        return reinterpret_cast<block**>(after(b, size))[-1];
    }

    /// Whether a block may begin here at all.
    [[nodiscard]] bool inside(const block* b) const noexcept {
        // In granules from the first block; what is no multiple of one becomes too large.
        return std::rotr(address(b) - address(h_.first_), std::countr_zero(granule)) < h_.capacity() / granule;
    }
    /// Whether a block that begins here may have this size.
    [[nodiscard]] bool possible(const block* b, std::size_t size) const noexcept {
        return size >= least_block && size % granule == 0 && size <= address(h_.end_) - address(b);
    }
    /// The list of a free block that lies here, if its neighbour knows of it and the list leads to it and away from it.
    [[nodiscard]] std::size_t list_if_sound(const block* b) const noexcept {
        if (!inside(b)) return no_list;
        const std::size_t size = size_of(b);
        if ((b->header & flags) != is_free || !possible(b, size)) return no_list;
        if (last_word(b, size) != b || (after(b, size)->header & flags) != after_free) return no_list;
        if (b->next != nullptr && (!inside(b->next) || b->next->previous != b)) return no_list;
        const std::size_t list = list_of(size);
        if (b->previous == nullptr ? h_.heads_[list] != b : !inside(b->previous) || b->previous->next != b) return no_list;
        return list;
    }
    [[nodiscard]] static std::size_t list_of(std::size_t size, unsigned second) noexcept {
        const std::size_t granules = size / granule;
        const auto        shift = static_cast<unsigned>(std::bit_width(granules >> (second + 1U)));
        return (std::size_t{shift} << second) + (granules >> shift);
    }
    [[nodiscard]] std::size_t list_of(std::size_t size) const noexcept { return list_of(size, h_.second_); }

    /// Of the largest blocks, where there are any.
    [[nodiscard]] std::size_t last_list() const noexcept {
        const auto at = static_cast<std::size_t>(std::bit_width(h_.words_)) - 1;
        return at * word_bits + static_cast<std::size_t>(std::bit_width(h_.bits_[at])) - 1;
    }

    /// Writes a free block into memory that is ours, and puts it into its list. The block behind it knows already.
    void make_free(block* b, std::size_t size) noexcept {
        step_();
        const std::size_t list = list_of(size);
        auto*             head = static_cast<block*>(h_.heads_[list]);
        if (!inside(head)) head = nullptr;  // a damaged one leads nowhere
        if (h_.watched_) announce::show(b, sizeof(block)), announce::show(&last_word(b, size), word);
        b->header = size | is_free;
        b->next = head;
        b->previous = nullptr;
        last_word(b, size) = b;
        h_.heads_[list] = b;
        if (head != nullptr) {
            head->previous = b;
            return;
        }
        h_.bits_[list / word_bits] |= std::size_t{1} << (list % word_bits);
        h_.words_ |= std::size_t{1} << (list / word_bits);
    }

private:
    struct place {
        block*      at = nullptr;
        std::size_t list = 0, gap = 0;
    };

    static std::size_t size_for(std::size_t bytes) noexcept {
        return std::max((bytes + word + granule - 1) & ~(granule - 1), least_block);
    }
    /// What has to stay free in front of an aligned block: nothing, or a block of its own.
    static std::size_t gap_before(const block* b, std::size_t alignment) noexcept {
        const std::size_t gap = (0 - address(payload(b))) & (alignment - 1);
        return gap != 0 && gap < least_block ? gap + alignment : gap;
    }

    /// Few blocks of one list: the first that has room.
    place look_through(std::size_t list, std::size_t size, std::size_t alignment) noexcept {
        auto* b = list < h_.lists_ ? static_cast<block*>(h_.heads_[list]) : nullptr;
        for (unsigned looked_at = 0; looked_at != most_looked_at && inside(b); ++looked_at, b = b->next) {
            step_();
            const std::size_t gap = alignment <= granule ? 0 : gap_before(b, alignment);
            if (size_of(b) >= size && gap <= size_of(b) - size) return {b, list, gap};
        }
        return {};
    }
    /// The first list from this one on that is not empty; none: lists_.
    std::size_t list_from(std::size_t list) const noexcept {
        if (list >= h_.lists_) return h_.lists_;
        std::size_t at = list / word_bits, set = h_.bits_[at] & (~std::size_t{0} << (list % word_bits));
        if (set == 0) {
            const std::size_t more = h_.words_ & (~std::size_t{0} << (at + 1));
            if (more == 0) return h_.lists_;
            at = static_cast<std::size_t>(std::countr_zero(more));
            set = h_.bits_[at];
        }
        return at * word_bits + static_cast<std::size_t>(std::countr_zero(set));
    }
    place find(std::size_t size) noexcept {
        const std::size_t own = list_of(size);
        if (place found = look_through(own, size, 1); found.at != nullptr) return found;
        step_();
        const std::size_t list = list_from(own + 1);  // where every block has room
        return list >= h_.lists_ ? place{} : place{static_cast<block*>(h_.heads_[list]), list, 0};
    }
    place find_aligned(std::size_t size, std::size_t alignment) noexcept {
        if (place found = look_through(list_of(size), size, alignment); found.at != nullptr) return found;
        if (alignment < h_.capacity() && size + alignment + granule <= h_.capacity()) {
            const place any = find(size + alignment + granule);  // has room wherever it begins
            if (any.at != nullptr) return {any.at, any.list, gap_before(any.at, alignment)};
        }
        return h_.words_ == 0 ? place{} : look_through(last_list(), size, alignment);  // the largest may begin well
    }

    void clear_bit(std::size_t list) noexcept {
        std::size_t& bits = h_.bits_[list / word_bits];
        bits &= ~(std::size_t{1} << (list % word_bits));
        if (bits == 0) h_.words_ &= ~(std::size_t{1} << (list / word_bits));
    }
    void unlink(block* b, std::size_t list) noexcept {
        step_();
        block* next = b->next;
        block* previous = b->previous;
        if (next != nullptr) next->previous = previous;
        if (previous != nullptr) {
            previous->next = next;
            return;
        }
        h_.heads_[list] = next;
        if (next == nullptr) clear_bit(list);
    }

    /// Makes a used block out of a free one, and free blocks of what is left before and behind it.
    block* carve(const place& found, std::size_t size) noexcept {
        block*      b = found.at;
        std::size_t total = size_of(b), before = 0;
        unlink(b, found.list);
        if (found.gap != 0) {
            step_();
            make_free(b, found.gap);
            b = after(b, found.gap);
            total -= found.gap;
            before = after_free;
            if (h_.watched_) announce::show(b, word);
        }
        if (total - size >= least_block) {
            step_();
            make_free(after(b, size), total - size);
        } else {
            size = total;
            after(b, size)->header &= ~after_free;
        }
        b->header = size | before;
        h_.used_ += size;
        h_.peak_ = std::max(h_.peak_, h_.used_);
        ++h_.blocks_;
        return b;
    }
    void* hand_out(block* b, std::size_t bytes) noexcept {
        char* p = payload(b);
        if (h_.watched_) {
            announce::hide(p, size_of(b) - word);
            announce::block_given(&h_, p, bytes);
        }
        return p;
    }

    void hide_links(block* b) noexcept { announce::hide(b, sizeof(block)); }
    void hide_seam(block* before, block* b) noexcept {
        announce::hide(&last_word(before, size_of(before)), word);
        announce::hide(b, sizeof(block));
    }
    [[gnu::noinline, gnu::cold]] static void misuse(
        fault_kind kind, const void* at, std::size_t expected, std::size_t bytes, std::size_t alignment) noexcept {
        report_fault({.kind = kind, .address = at, .resource = "fixed_heap", .expected_bytes = expected, .given_bytes = bytes, .given_alignment = alignment});
    }

    fixed_heap_resource&        h_;
    [[no_unique_address]] Steps step_;
};

}  // namespace autopmr

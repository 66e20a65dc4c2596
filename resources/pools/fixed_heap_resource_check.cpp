// What looks into a fixed heap and changes nothing.

#include "resources/pools/fixed_heap_resource_engine.hpp"

namespace autopmr {
namespace {

using engine = fixed_heap_engine<>;
using block = engine::block;

block* at(char* place) noexcept { return reinterpret_cast<block*>(place); }

}  // namespace

std::size_t fixed_heap_resource::largest_free() const noexcept {
    const engine self(const_cast<fixed_heap_resource&>(*this));
    if (words_ == 0) return 0;
    std::size_t       largest = engine::word;
    const std::size_t list = self.last_list();
    const auto*       b = list < lists_ ? static_cast<const block*>(heads_[list]) : nullptr;
    for (unsigned looked_at = 0; looked_at != engine::most_looked_at && self.inside(b); ++looked_at, b = b->next)
        largest = std::max(largest, engine::size_of(b));
    return largest - engine::word;
}

heap_flaw fixed_heap_resource::check() const noexcept {
    const engine self(const_cast<fixed_heap_resource&>(*this));
    if (capacity() == 0) return {};
    std::size_t  live = 0, used_bytes = 0, free_blocks = 0;
    bool         last_was_free = false;
    const block* b = at(first_);
    while (b != at(end_)) {
        const std::size_t size = engine::size_of(b);
        if (!self.possible(b, size)) return {"a block's header was written over", b};
        const bool is_free = (b->header & engine::is_free) != 0;
        if (((b->header & engine::after_free) != 0) != last_was_free) return {"a block is wrong about the one before it", b};
        if (is_free && last_was_free) return {"two free blocks were not merged", b};
        if (is_free && engine::last_word(b, size) != b) return {"a free block's last word was written over", b};
        if (is_free && self.list_if_sound(b) == engine::no_list)
            return {"a free block's links or its list do not lead to it", b};
        free_blocks += is_free;
        live += !is_free;
        used_bytes += is_free ? 0 : size;
        last_was_free = is_free;
        b = engine::after(b, size);
    }
    if (b->header != (last_was_free ? engine::after_free : 0)) return {"the word behind the last block was written over", b};
    if (live != blocks_ || used_bytes != used_) return {"the books do not say what the blocks say", this};
    if (peak_ < used_ || peak_ > capacity()) return {"the high-water mark can't be", this};

    // Every free block is in its list, and the lists hold no more than that.
    for (std::size_t list = 0; list != lists_; ++list) {
        const bool bit = (bits_[list / engine::word_bits] >> (list % engine::word_bits) & 1) != 0;
        if (bit != (heads_[list] != nullptr)) return {"a list's bit does not say whether it is empty", &heads_[list]};
        if (bit && (words_ >> (list / engine::word_bits) & 1) == 0)
            return {"a word of bits is not known to hold any", &words_};
        for (auto* one = static_cast<const block*>(heads_[list]); one != nullptr; one = one->next, --free_blocks) {
            if (free_blocks == 0) return {"a list leads to more than the free blocks", one};
            if (self.list_if_sound(one) != list) return {"a list holds what does not belong there", one};
        }
    }
    const std::size_t last_word = (lists_ - 1) / engine::word_bits;
    for (std::size_t word = 0; word <= last_word; ++word)
        if (bits_[word] == 0 && (words_ >> word & 1) != 0)
            return {"a word of bits is known to hold some and does not", &words_};
    if ((bits_[last_word] >> ((lists_ - 1) % engine::word_bits) >> 1) != 0)
        return {"a bit stands for no list", &bits_[last_word]};
    return free_blocks == 0 ? heap_flaw{} : heap_flaw{"free blocks are in no list", this};
}

}  // namespace autopmr

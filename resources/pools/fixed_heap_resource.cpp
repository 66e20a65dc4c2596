#include <autopmr/errors.hpp>
#include <autopmr/pools/fixed_heap_resource.hpp>

#include "resources/pools/fixed_heap_resource_engine.hpp"

namespace autopmr {

using engine = fixed_heap_engine<>;

bool fixed_heap_resource::give(void* buffer, std::size_t bytes) noexcept {
    constexpr std::size_t word = engine::word, granule = engine::granule;
    const auto            begin = engine::address(buffer);
    if (capacity() != 0 || buffer == nullptr || bytes < least_buffer || bytes > PTRDIFF_MAX || begin > UINTPTR_MAX - bytes)
        return false;

    // Fine classes want many lists: as many as take some 1 % of the buffer; from 256 KiB on 32 for every doubling.
    const auto doublings = static_cast<unsigned>(std::bit_width(bytes)) - 1;
    second_ = static_cast<unsigned char>(std::clamp(doublings, 13U, 18U) - 13);
    lists_ = engine::list_of(bytes, second_) + 1;
    const std::size_t words = (lists_ + engine::word_bits - 1) / engine::word_bits;
    const std::size_t skipped = (0 - begin) % word;
    bits_ = reinterpret_cast<std::size_t*>(static_cast<char*>(buffer) + skipped);
    heads_ = reinterpret_cast<void**>(bits_ + words);
    std::fill_n(bits_, words, 0);
    std::fill_n(heads_, lists_, nullptr);

    // What is handed out is aligned, and a block begins one word before that.
    char* const lists_end = reinterpret_cast<char*>(heads_ + lists_);
    first_ = lists_end + (0 - engine::address(lists_end) - word) % granule;
    const auto room = static_cast<std::size_t>(static_cast<char*>(buffer) + bytes - first_) - word;
    end_ = first_ + room / granule * granule;
    watched_ = announce::watched();
    auto* const end = reinterpret_cast<engine::block*>(end_);
    end->header = engine::after_free;  // the last word: a block without a size, never free, so that nothing merges with it
    if (watched_) {
        announce::pool_made(this);
        announce::hide(first_, capacity());
    }
    engine(*this).make_free(reinterpret_cast<engine::block*>(first_), capacity());
    return true;
}

fixed_heap_resource::~fixed_heap_resource() {
    if (!watched_) return;
    walk([](const heap_block& block) {
        if (block.used) announce::block_dropped(block.address);
    });
    announce::show(first_, capacity());
    announce::pool_gone(this);
}

heap_block fixed_heap_resource::block_at(const heap_block* before) const noexcept {
    const engine self(const_cast<fixed_heap_resource&>(*this));
    const engine::block* b = before == nullptr
                         ? reinterpret_cast<engine::block*>(first_)
                         : engine::block_of(static_cast<char*>(before->address) + before->bytes + engine::word);
    if (!self.inside(b) || !self.possible(b, engine::size_of(b))) return {nullptr, 0, false};  // the end, or no way on
    return {engine::payload(b), engine::size_of(b) - engine::word, (b->header & engine::is_free) == 0};
}

void* fixed_heap_resource::try_allocate(std::size_t bytes, std::size_t alignment) noexcept {
    return std::has_single_bit(alignment) ? engine(*this).allocate(bytes, alignment) : nullptr;
}

void* fixed_heap_resource::do_allocate(std::size_t bytes, std::size_t alignment) {
    if (!std::has_single_bit(alignment)) throw_bad_alignment(bytes, alignment, "fixed_heap");
    void* block = engine(*this).allocate(bytes, alignment);
    if (block == nullptr) throw_out_of_memory(bytes, alignment, "fixed_heap");
    return block;
}

void fixed_heap_resource::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
    engine(*this).deallocate(block, bytes, alignment);
}

}  // namespace autopmr

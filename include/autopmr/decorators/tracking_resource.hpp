#pragma once
/// \file
/// Knows every live block: its size, alignment, thread, number and who asked for it.
///
/// Use it to find leaks, and deallocations with a wrong size or alignment, of a foreign pointer or for the second time; these
/// become a fault_report, and where the handler answers quarantine the upstream never sees the block again. A double free is
/// told from a foreign pointer while it is among the last freed (about a thousand). To count only, use statistics. Not over an
/// arena that is released as a whole: its blocks stay in the books until their addresses come again. Not for production with call
/// stacks: allocating and freeing 64 bytes takes 140 instructions of the mimalloc resource, 910 with the caller known, and 23,000
/// with a call stack of twelve (counted by callgrind).
///
/// Any thread; survives fork. The books live in pages of the system (48 bytes a block, a call stack once for each site), so
/// it may be std::pmr's default resource, or stand below it. Throws what its upstream throws, bad_alignment, and out_of_memory
/// where the books find no pages, always before the upstream is asked; without an operating system that is always.

#include <autopmr/fault_report.hpp>
#include <autopmr/layer.hpp>
#include <autopmr/resource_ptr.hpp>

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>

namespace autopmr {

class tracking_books;

struct tracking_options {
    bool        call_stacks = true;  ///< false: only the caller of allocate is known
    leak_answer at_end = leak_answer::report;  ///< of `fault`: one report a site, largest first, with the site's oldest block
    std::size_t most_sites = 20;  ///< that a report shows; the others are summed up
    /// Where write_report() goes, a line at a time and without its newline; null: standard error.
    void (*sink)(void* context, std::string_view line) noexcept = nullptr;
    void* context = nullptr;
};

/// A block as it was handed out. The frames are return addresses, innermost first, and last as long as the resource.
struct tracked_block {
    const void*        address;
    std::size_t        bytes, alignment;
    std::uint64_t      sequence;  ///< 1 for the resource's first allocation
    unsigned long      thread;    ///< the system's number of it
    const void* const* frames;
    std::size_t        depth;
};

class tracking_resource final : public layer {
public:
    explicit tracking_resource(tracking_options options = {}, resource_ptr upstream = {}) noexcept;
    ~tracking_resource() override;
    tracking_resource(const tracking_resource&) = delete;
    tracking_resource& operator=(const tracking_resource&) = delete;

    [[nodiscard]] std::size_t   live_blocks() const noexcept;
    [[nodiscard]] std::size_t   live_bytes() const noexcept;
    [[nodiscard]] std::uint64_t allocations() const noexcept;  ///< so far; the sequence number of the latest

    /// Calls f(const tracked_block&) for the blocks that lived at one instant of the call, oldest first. It goes through a copy:
    /// f may allocate and deallocate here. Throws out_of_memory where there are no pages for the copy, and what f throws.
    template <class F>
    void for_each_live(F&& f) const {
        auto call = [&f](const tracked_block& block) { f(block); };
        walk([](const tracked_block& block, void* to) { (*static_cast<decltype(call)*>(to))(block); }, &call);
    }
    /// For people: what lives by call site, most bytes first, with the names of what called.
    [[nodiscard]] std::string report() const;
    /// The same to the options' sink. Takes nothing from any memory_resource, nor from operator new.
    void write_report() const noexcept;

    [[nodiscard]] std::string_view           name() const noexcept override { return "tracking"; }
    [[nodiscard]] thread_use threads() const noexcept override { return threads_below(); }
    [[nodiscard]] layer_facts                facts() const noexcept override;
    [[nodiscard]] std::pmr::memory_resource* upstream_resource() const noexcept override { return upstream_.get(); }
    [[nodiscard]] layer*                     upstream_layer() const noexcept override { return upstream_.as_layer(); }

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void  do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override;
    bool  do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
    void  walk(void (*each)(const tracked_block&, void*), void* to) const;

    tracking_options options_;
    tracking_books*  books_;  // null: there were no pages for them
    resource_ptr     upstream_;
};

}  // namespace autopmr

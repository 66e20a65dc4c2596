#pragma once
/// \file
/// Keeps freed blocks back for a while, to find writes after free and double frees, over any upstream.
///
/// Use it in tests, or in production where memory is attacked: what was freed is not handed out again soon, nor in an order that can be
/// guessed. A freed block is filled, and looked at again when it leaves, by verify(), by trim() and at the end; whoever wrote there
/// meanwhile becomes a fault_report of kind write_after_free with the first changed byte. Reads after free are not found, except by
/// AddressSanitizer and Memcheck, which are told. Put canary_resource above it: sizes are believed here, and a block that was never
/// allocated is kept like one that was. Pools and backends come below.
///
/// Memory: the blocks and bytes of the options, and books of 48 to 64 bytes a block in pages of the system, in use once
/// blocks come. Any thread that may use the upstream, which is never called under the lock; filling and verify() are under it.
/// Safe after fork: what another thread was just giving back is lost to the child. Where the upstream refuses, all that is kept goes back
/// and it is asked once more. Throws bad_alignment, out_of_memory where there are no pages for the books (without an
/// operating system that is always), and what the upstream throws.

#include <autopmr/fault_report.hpp>
#include <autopmr/fork_mutex.hpp>
#include <autopmr/layer.hpp>
#include <autopmr/resource_ptr.hpp>

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <utility>

namespace autopmr {

class quarantine_books;
struct quarantined_block;

struct quarantine_options {
    const char*   name = "quarantine";  ///< in reports; immortal
    const char*   subsystem = "";       ///< in reports; immortal
    fault_handler on_fault = nullptr;   ///< null: the process's. Answered quarantine, the upstream never sees the block again
    std::size_t   most_blocks = 8192;   ///< at most 2^24
    std::size_t   most_bytes = std::size_t{32} << 20;  ///< a block larger than that goes back at once
    bool          shuffle = true;  ///< each changes places with a random one of the newer half; false: first in, first out
    bool          zero = false;    ///< fill with zeroes, not 0xDF; a canary then takes a double free for a foreign pointer
};

struct quarantine_usage {
    std::size_t blocks = 0, bytes = 0;  ///< kept back now
};

class quarantine_resource final : public layer {
public:
    explicit quarantine_resource(const quarantine_options& options = {}, resource_ptr upstream = {}) noexcept;
    explicit quarantine_resource(resource_ptr upstream) noexcept : quarantine_resource(quarantine_options{}, std::move(upstream)) {}
    ~quarantine_resource() override;
    quarantine_resource(const quarantine_resource&) = delete;
    quarantine_resource& operator=(const quarantine_resource&) = delete;

    /// Looks at all that is kept, and returns how many blocks were written to; each is reported once, with the lock held.
    std::size_t verify() noexcept;
    [[nodiscard]] quarantine_usage usage() const noexcept;

    [[nodiscard]] std::string_view           name() const noexcept override { return options_.name; }
    [[nodiscard]] layer_facts                facts() const noexcept override;
    [[nodiscard]] std::pmr::memory_resource* upstream_resource() const noexcept override { return upstream_.get(); }
    [[nodiscard]] layer*                     upstream_layer() const noexcept override { return upstream_.as_layer(); }
    void                                     trim() noexcept override;

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void  do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override;
    bool  do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
    void  evict(std::size_t blocks, std::size_t bytes) noexcept;
    void  let_go(const quarantined_block* leaving, std::size_t n, std::uint64_t frees) noexcept;
    bool  is_changed(const quarantined_block& one, std::uint64_t frees) const noexcept;

    quarantine_options options_;
    quarantine_books*  books_;  // null: there were no pages for them
    bool               watched_;
    resource_ptr       upstream_;
    mutable fork_mutex lock_;
};

}  // namespace autopmr

#pragma once
/// \file
/// Large blocks on huge pages, which says what it got.
///
/// Use it for what is large and read all over (tables, indexes), or as the upstream of an arena or a pool. Each block takes whole
/// huge pages (2 MiB on most machines): not for small blocks. The system's reserved huge pages are taken where there are any;
/// else ordinary pages, aligned, with the advice to back them with huge ones; else ordinary pages. What a block stands on and why
/// it is not the first is never silent: usage(), backing_of(). Any thread, no locks. The child of a fork may allocate and free; but
/// the reserved pages are its parent's: where none is left to copy to, a child that touches a block on them may end by SIGBUS
/// (its parent does not). Programs whose children go on with such blocks set take_reserved = false. Throws out_of_memory and
/// bad_alignment; a block that is not its own, or of another size, is reported.

#include <autopmr/layer.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace autopmr {

/// Reserved huge pages; ordinary ones that the system was asked to make huge; ordinary ones.
enum class page_backing : std::uint32_t { reserved, advised, ordinary };

struct huge_page_options {
    bool take_reserved = true;  ///< false: advice only, which leaves the system's reserved pages to others
};

struct huge_page_usage {
    std::size_t      reserved = 0, advised = 0, ordinary = 0;  ///< bytes handed out now, whole pages
    std::string_view why_not_reserved;  ///< of the last block that did not get them; immortal; empty: there was none
    std::string_view why_not_advised;   ///< of the last block on ordinary pages
};

class huge_page_resource final : public layer {
public:
    explicit huge_page_resource(huge_page_options options = {}) noexcept : options_(options) {}
    huge_page_resource(const huge_page_resource&) = delete;
    huge_page_resource& operator=(const huge_page_resource&) = delete;
    ~huge_page_resource() override;

    [[nodiscard]] huge_page_usage usage() const noexcept;
    /// What a live block of this resource stands on; ordinary for any other address.
    [[nodiscard]] page_backing backing_of(const void* block) const noexcept;
    /// Bytes; that of ordinary pages where the system has no huge ones.
    [[nodiscard]] static std::size_t page_bytes() noexcept;

    [[nodiscard]] std::string_view name() const noexcept override { return "huge_page"; }
    [[nodiscard]] thread_use threads() const noexcept override { return thread_use::any_thread; }

private:
    struct entry;
    struct page_of_entries;
    void*  do_allocate(std::size_t bytes, std::size_t alignment) override;
    void   do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override;
    bool   do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
    entry* free_entry() noexcept;
    entry* entry_of(const void* block) const noexcept;

    huge_page_options             options_;
    std::atomic<page_of_entries*> entries_{nullptr};
    std::atomic<std::size_t>      bytes_[3] = {};
    std::atomic<const char*>      why_not_reserved_{""}, why_not_advised_{""};
};

}  // namespace autopmr

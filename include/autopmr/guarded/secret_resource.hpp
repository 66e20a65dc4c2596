#pragma once
/// \file
/// Memory for keys and passwords: locked, not in core files, not in forked children, wiped when it is freed.
///
/// Terminal: it has no upstream and never falls back to ordinary memory. On Linux it lies in memfd_secret memory, which not even
/// the kernel has in its map, else in locked memory that core files leave out and children find zeroed. What can't be locked is
/// refused; `require` names what else must hold. Pooled (the default) packs small secrets into slabs of 64 KiB between guard
/// pages, with a canary behind each and nothing of its own bookkeeping inside; blocks above 1 KiB, and all of an isolated
/// resource, have pages of their own that end at a guard page and fault once freed, until 16 more were: they can be sealed by
/// protect() and opened by windows, for all threads of the process at once. A block comes zeroed. Not for node containers whose nodes a child must walk, nor for
/// std::string: it keeps short text in itself (secret_vector.hpp). Copies in registers and on stacks are the program's.
///
/// Any thread. In a forked child what was there before the fork is nobody's: freeing it does nothing, new secrets work. Throws
/// protection_unavailable, out_of_memory and bad_alignment; misuse is reported, and the block then stays out of
/// circulation. Sizes are bytes.

#include <autopmr/fault_report.hpp>
#include <autopmr/layer.hpp>
#include <autopmr/secret_protection.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace autopmr {

enum class secret_access : unsigned char { none, read, read_write };

struct secret_options {
    bool              isolated = false;  ///< each block on pages of its own
    bool              hidden = true;     ///< try memfd_secret first; a machine can't hibernate while it is in use
    secret_protection require = secret_protection::locked;  ///< locked always is
    const char*       subsystem = "";      ///< immortal; for reports
    fault_handler     on_fault = nullptr;  ///< null: the process's
};

struct secret_usage {
    std::size_t live = 0;          ///< blocks
    std::size_t live_bytes = 0;    ///< as asked for
    std::size_t locked_bytes = 0;  ///< what counts against RLIMIT_MEMLOCK
};

class secret_store;   // resources/guarded/secret_resource_store.hpp
struct secret_piece;

/// A sealed secret, open while this lives. Windows nest; the widest access that is open holds.
class secret_window {
public:
    secret_window(secret_window&& other) noexcept;
    secret_window& operator=(secret_window&&) = delete;
    ~secret_window();
    /// False where there is no such block, which was reported.
    explicit operator bool() const noexcept { return piece_ != nullptr; }

private:
    friend class secret_resource;
    secret_window() = default;
    secret_store* store_ = nullptr;
    secret_piece* piece_ = nullptr;
    std::uint64_t serial_ = 0;
    secret_access access_ = secret_access::none;
};

class secret_resource final : public layer {
public:
    /// Takes the first memory at once, so that it fails here where a protection is missing.
    explicit secret_resource(const secret_options& options = {});
    secret_resource(const secret_resource&) = delete;
    secret_resource& operator=(const secret_resource&) = delete;
    ~secret_resource() override;  ///< wipes and gives back all, live blocks included

    /// What holds for all memory that it has now.
    [[nodiscard]] secret_protection achieved() const noexcept;
    [[nodiscard]] secret_usage      usage() const noexcept;
    /// What may be done with a block on pages of its own while no window is open. False where there is none, which is reported.
    /// Throws out_of_memory where the system has no room for one more mapping.
    bool protect(const void* block, secret_access access);
    /// The same until the window ends.
    [[nodiscard]] secret_window open(const void* block, secret_access access);

    void                           trim() noexcept override;
    [[nodiscard]] std::string_view name() const noexcept override { return "secret"; }
    [[nodiscard]] thread_use       threads() const noexcept override { return thread_use::any_thread; }
    [[nodiscard]] layer_facts      facts() const noexcept override;

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void  do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override;
    bool  do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

    secret_store* store_;  // in pages of the system
};

/// One for the whole process, with the default options, never destroyed. Throws what the constructor throws.
[[nodiscard]] secret_resource& process_secrets();

}  // namespace autopmr
